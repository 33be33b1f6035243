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

    [Fact]
    public async Task What_a_log_tells_is_worked_off_at_once_and_not_again()
    {
        await WriteAsync("a");
        await WriteAsync("b");
        var seen = new Recorder();
        await RunAsync(seen, Log);
        Assert.Equal(["a", "b"], seen.Names.Order());
        await RunAsync(seen, Log);
        Assert.Equal(2, seen.Names.Count);
        await WriteAsync("c");
        // Twice the same, and a key that the log names as well: one look.
        await RunAsync(seen, Log, Log, new KeyWork("default", seen.Name, "default", "c"));
        Assert.Equal(["c"], seen.Names.Skip(2));
        Assert.Empty(Sent(seen));
    }

    [Fact]
    public async Task A_sweep_looks_again_at_what_was_carried_since_the_last()
    {
        var seen = new Recorder();
        await WriteAsync("a");
        await RunAsync(seen, Log);
        await RunAsync(seen, new SweepWork("default"));
        await RunAsync(seen, new SweepWork("default"));
        Assert.Equal(["a", "a"], seen.Names);
    }

    [Fact]
    public async Task What_was_not_dealt_with_is_carried_again()
    {
        await WriteAsync("a");
        _queue.IsAway = true;
        var seen = new Recorder { Next = ReconcileResult.After(TimeSpan.FromSeconds(5)) };
        await Assert.ThrowsAsync<WorkQueueException>(() => RunAsync(seen, Log));
        _queue.IsAway = false;
        await RunAsync(seen, Log);
        Assert.Equal(["a", "a"], seen.Names);
        Assert.Equal("a", Assert.Single(Sent(seen)));
    }

    [Fact]
    public async Task A_batch_that_came_too_often_gives_each_key_a_session_of_its_own()
    {
        await WriteAsync("a");
        await WriteAsync("b");
        var seen = new Recorder();
        var named = new KeyWork("default", seen.Name, "default", "named");
        await RunAsync(seen, [Log, named], deliveries: 4);
        Assert.Empty(seen.Names);
        Assert.Equal(["a", "b", "named"], Sent(seen).Order());
        Assert.Equal(_queue.Messages.Count, _queue.Messages.Select(message => message.Session(_time.Now)).Distinct().Count());
        // Alone it is looked at, however often it comes.
        await RunAsync(seen, [named], deliveries: 9);
        Assert.Equal(["named"], seen.Names);
        await RunAsync(seen, Log);
        Assert.Single(seen.Names);
    }

    [Fact]
    public async Task A_batch_that_has_no_time_left_for_its_first_page_makes_messages_of_all_that_it_knows()
    {
        await WriteAsync("a");
        var seen = new Recorder();
        await RunAsync(seen, [Log, new KeyWork("default", seen.Name, "default", "named")], deliveries: 1, beforeReading: () => _time.Advance(TimeSpan.FromMinutes(1)));
        Assert.Empty(seen.Names);
        Assert.Equal(["a", "named"], Sent(seen).Order());
        // The cursor has moved on: it goes on from there, and not in circles.
        _queue.Messages.Clear();
        await RunAsync(seen, Log);
        Assert.Empty(Sent(seen));
        Assert.Empty(seen.Names);
    }

    [Fact]
    public async Task A_log_that_can_not_be_read_keeps_no_other_from_being_carried()
    {
        await WriteAsync("a");
        await WriteAsync("s", "secrets");
        var seen = new Recorder();
        _broken = "secrets";
        await Assert.ThrowsAsync<StoreUnavailableException>(() => RunAsync(seen, Log, new LogWork("default", "secrets")));
        Assert.Equal(["a"], seen.Names);
        await RunAsync(seen, Log);
        Assert.Single(seen.Names);
    }

    [Fact]
    public async Task What_there_was_no_time_for_comes_in_another_batch()
    {
        // More than are read at once, of which the first takes all the time that a batch has.
        for (var i = 0; i < 300; i++)
            await WriteAsync($"map-{i}");
        var seen = new Recorder { Act = () => _time.Advance(TimeSpan.FromMinutes(1)) };
        await RunAsync(seen, Log);
        Assert.Contains(Log, _queue.Messages);
        Assert.InRange(seen.Names.Count, 1, 200);
        var left = _queue.Messages.ToArray();
        _queue.Messages.Clear();
        seen.Act = () => { };
        await RunAsync(seen, left);
        Assert.Equal(300, seen.Names.Distinct().Count());
    }

    private static readonly LogWork Log = new("default", "configmaps");

    /// <summary>The keys that were sent for it; some other controllers want to know of config maps too.</summary>
    private IEnumerable<string> Sent(IReconciler reconciler) =>
        _queue.Messages.OfType<KeyWork>().Where(key => key.Controller == reconciler.Name).Select(key => key.Name);

    private string? _broken;

    private async Task WriteAsync(string name, string resource = "configmaps")
    {
        const string head = """{"metadata":{"resourceVersion":""" + "\"";
        var document = System.Text.Encoding.UTF8.GetBytes($$"""{{head}}","name":"{{name}}","namespace":"default"} }""");
        var write = new Write(new ObjectKey("default", name), 0, new DocumentTemplate(document, head.Length), Delete: false, Guid.NewGuid());
        Assert.Equal(WriteOutcome.Committed, (await _store.WriteAsync(new Partition("default", resource), write, default)).Outcome);
    }

    private Task RunAsync(IReconciler reconciler, params WorkMessage[] messages) => RunAsync(reconciler, messages, deliveries: 1);

    private async Task RunAsync(IReconciler reconciler, WorkMessage[] messages, int deliveries, Action? beforeReading = null)
    {
        var feed = new StoreChangeFeed(_store, "default");
        var (replicas, options) = (new Replicas(feed), new ControllerOptions());
        var controllers = new ControllerSet(new ApiClient(new NoApi()), replicas, feed, _time, new Random(1), options, [new ControllerRegistration(reconciler, [ControllerInput.Self<ConfigMap>()])]);
        var work = new ClusterWork(new WatchedStore(_store, _broken, beforeReading), controllers, options, feed, new NodeConcerns(replicas), _queue, new NoBells(), _time);
        await new WorkFunction(new ClusterWorks(_ => work), _queue, _time, new Random(1), NullLogger.Instance).RunAsync("default", messages, deliveries, default);
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

    /// <summary>Remembers what it was asked to look at.</summary>
    private sealed class Recorder : IReconciler
    {
        private readonly Lock _gate = new();

        public string Name => "recorder";

        public List<string> Names { get; } = [];

        public ReconcileResult Next { get; set; } = ReconcileResult.Done;

        public Action Act { get; set; } = () => { };

        public ValueTask<ReconcileResult> ReconcileAsync(ReconcileKey key, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            lock (_gate)
                Names.Add(key.Name);
            Act();
            return ValueTask.FromResult(Next);
        }
    }

    private sealed class SentMessages : IWorkQueue
    {
        public bool IsAway { get; set; }

        public List<WorkMessage> Messages { get; } = [];

        public Task SendAsync(IReadOnlyList<WorkMessage> messages, CancellationToken cancellationToken)
        {
            if (IsAway)
                throw new WorkQueueException("away", new TimeoutException());
            Messages.AddRange(messages);
            return Task.CompletedTask;
        }
    }

    /// <summary>A log that can't be read, and logs that take their time.</summary>
    private sealed class WatchedStore(IStateStore inner, string? broken, Action? beforeReading) : StoreDecorator(inner)
    {
        public override ValueTask<IReadOnlyList<Change>> ReadLogAsync(Partition partition, long after, int limit, CancellationToken cancellationToken)
        {
            beforeReading?.Invoke();
            return partition.Resource == broken ? throw new StoreUnavailableException("not this one") : base.ReadLogAsync(partition, after, limit, cancellationToken);
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
