using System.Globalization;
using CloudPlane.Client;

namespace CloudPlane.Cloud.Tests;

/// <summary>
/// All changes of a resource from its first on: a watch that goes on where it was cut. The log has no gaps, so neither may the watch have,
/// whatever dies under it.
/// </summary>
/// <param name="client">Of a cluster that has nothing of this kind yet.</param>
/// <param name="tell">Told of each change, in order.</param>
internal sealed class ResourceLog<T>(ApiClient client, Action<WatchEvent<T>> tell) : IAsyncDisposable
    where T : class, IKubernetesObject<T>
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    private readonly CancellationTokenSource _stop = new();
    private Task _following = Task.CompletedTask;
    private long _revision;

    public async Task StartAsync()
    {
        await Retry.UntilDoneAsync(async () =>
        {
            var list = await client.ListAsync<T>(null, null, default);
            Assert.Empty(list.Items);
            _revision = Parse(list.ResourceVersion);
        });
        _following = Task.Run(FollowAsync);
    }

    /// <summary>Completes when everything has been told that was there when it was called.</summary>
    /// <exception cref="Xunit.Sdk.XunitException">A change was missing, came twice or out of order.</exception>
    public async Task CatchUpAsync()
    {
        var head = 0L;
        await Retry.UntilDoneAsync(async () => head = Parse((await client.ListAsync<T>(null, new ListOptions { Limit = 1 }, default)).ResourceVersion));
        await Retry.UntilNullAsync(async () =>
        {
            await CheckAsync();
            return Volatile.Read(ref _revision) is var seen && seen >= head ? null : $"the watch of {T.Resource.Plural} has come to {seen} of {head}";
        });
    }

    /// <summary>Throws what ended the watch, if anything did.</summary>
    public Task CheckAsync() => _following.IsCompleted ? _following : Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync();
        await _following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task FollowAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var from = new ListOptions { ResourceVersion = _revision.ToString(CultureInfo.InvariantCulture), AllowWatchBookmarks = true };
                await foreach (var change in client.WatchAsync<T>(null, from, _stop.Token))
                    Take(change);
            }
            catch (Exception e) when (Retry.IsTransient(e) || e is OperationCanceledException or IOException)
            {
                // Its instance died, or the tables are away.
            }

            await Task.Delay(Pause, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Take(WatchEvent<T> change)
    {
        var revision = Parse(change.Object.Metadata.ResourceVersion);
        var next = change.Kind == WatchEventKind.Bookmark ? _revision : _revision + 1;
        Assert.True(revision == next, $"{T.Resource.Plural}: {change.Kind} {change.Object.Metadata.Name} has revision {revision}, the next is {next}");
        if (change.Kind != WatchEventKind.Bookmark)
            tell(change);
        Volatile.Write(ref _revision, revision);
    }

    private static long Parse(string? revision) => long.Parse(revision!, CultureInfo.InvariantCulture);
}
