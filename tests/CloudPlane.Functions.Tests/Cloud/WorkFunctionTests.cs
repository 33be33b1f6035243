using System.Runtime.ExceptionServices;
using CloudPlane.Client;
using CloudPlane.Controllers;
using CloudPlane.Storage;
using Microsoft.Extensions.Logging.Abstractions;

namespace CloudPlane.Functions.Tests;

public sealed class WorkFunctionTests : IAsyncDisposable
{
    private readonly MemoryStore _store = new();
    private readonly ManualTime _time = new();
    private readonly SentMessages _queue = new();

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Theory]
    // The back-off after twelve failures is far longer than the 30 s that the rest wants, after none far shorter.
    [InlineData(12, 30, 38)]
    [InlineData(0, 1, 3)]
    public async Task A_failure_of_a_part_counts_and_backs_off_no_longer_than_the_rest_wants(int attempt, int earliest, int latest)
    {
        await RunAsync(new Partly(), new KeyWork("default", "partly", "", "all", attempt));
        var next = Assert.IsType<KeyWork>(Assert.Single(_queue.Messages));
        Assert.Equal(attempt + 1, next.Attempt);
        Assert.InRange(next.Due!.Value - _time.Now, TimeSpan.FromSeconds(earliest), TimeSpan.FromSeconds(latest));
    }

    private async Task RunAsync(IReconciler reconciler, KeyWork message)
    {
        var feed = new StoreChangeFeed(_store, "default");
        var (replicas, options) = (new Replicas(feed), new ControllerOptions());
        var controllers = new ControllerSet(new ApiClient(new NoApi()), replicas, feed, _time, new Random(1), options, [new ControllerRegistration(reconciler, [])]);
        var work = new ClusterWork(_store, controllers, options, feed, new NodeConcerns(replicas), _queue, new NoBells(), _time);
        await new WorkFunction(new ClusterWorks(_ => work), _queue, _time, new Random(1), NullLogger.Instance).RunAsync("default", [message], default);
    }

    /// <summary>Fails in a part of each step; the rest wants another look after 30 s.</summary>
    private sealed class Partly : IReconciler
    {
        public string Name => "partly";

        public ValueTask<ReconcileResult> ReconcileAsync(ReconcileKey key, CancellationToken cancellationToken)
        {
            var failure = ExceptionDispatchInfo.Capture(new InvalidOperationException("not this part"));
            return ValueTask.FromResult(ReconcileResult.After(TimeSpan.FromSeconds(30)) with { Failure = failure });
        }
    }

    private sealed class SentMessages : IWorkQueue
    {
        public List<WorkMessage> Messages { get; } = [];

        public Task SendAsync(IReadOnlyList<WorkMessage> messages, CancellationToken cancellationToken)
        {
            Messages.AddRange(messages);
            return Task.CompletedTask;
        }
    }

    private sealed class NoApi : IApiTransport
    {
        public ValueTask<ApiAnswer> SendAsync(ApiCall call, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<ApiStreamAnswer> OpenAsync(ApiCall call, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    private sealed class NoBells : INodeBells
    {
        public Task RingAsync(string cluster, IReadOnlyCollection<string> nodes, string resource, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
