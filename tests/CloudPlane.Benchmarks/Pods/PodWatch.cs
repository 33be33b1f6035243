using System.Collections.Concurrent;
using System.Text.Json;

namespace CloudPlane.Benchmarks;

/// <summary>One watch on the pods of the default namespace, and the moments at which pods came to satisfy conditions.</summary>
internal sealed class PodWatch : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Waiter> _waiters = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    private sealed record Waiter(Func<string, JsonElement, bool> Condition, TaskCompletionSource<(JsonElement Pod, DateTimeOffset At)> Found);

    public static async Task<PodWatch> StartAsync(HttpClient client)
    {
        var watch = new PodWatch();
        var stream = await client.GetStreamAsync("/api/v1/namespaces/default/pods?watch=1");
        watch._loop = watch.ReadAsync(new StreamReader(stream));
        return watch;
    }

    /// <summary>The pod and the time of the first event from now on that satisfies.</summary>
    public Task<(JsonElement Pod, DateTimeOffset At)> Until(string name, Func<JsonElement, bool> condition) =>
        Wait(name, (type, pod) => type != "DELETED" && condition(pod));

    public Task UntilDeleted(string name) => Wait(name, static (type, _) => type == "DELETED");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _loop;
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task<(JsonElement Pod, DateTimeOffset At)> Wait(string name, Func<string, JsonElement, bool> condition)
    {
        var waiter = new Waiter(condition, new(TaskCreationOptions.RunContinuationsAsynchronously));
        _waiters[name] = waiter;
        return await waiter.Found.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            var now = DateTimeOffset.UtcNow;
            var change = JsonDocument.Parse(line).RootElement;
            var pod = change.GetProperty("object");
            var name = pod.GetProperty("metadata").GetProperty("name").GetString()!;
            if (_waiters.TryGetValue(name, out var waiter) && waiter.Condition(change.GetProperty("type").GetString()!, pod))
                waiter.Found.TrySetResult((pod, now));
        }
    }
}
