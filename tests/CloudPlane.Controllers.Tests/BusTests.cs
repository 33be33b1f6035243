using System.Runtime.ExceptionServices;
using CloudPlane.Client;

namespace CloudPlane.Controllers.Tests;

public class BusTests
{
    private static readonly ReconcileKey A = new("c", "ns", "a");
    private static readonly ReconcileKey B = new("c", "ns", "b");
    private readonly ManualTime _time = new();

    [Fact]
    public async Task KeysAddedWhileWaitingMerge()
    {
        using var queue = new KeyedWorkQueue(_time);
        queue.Add(A);
        queue.Add(A);
        queue.Add(B);
        Assert.Equal(A, await queue.TakeAsync(default));
        Assert.Equal(B, await queue.TakeAsync(default));
        Assert.False(queue.TakeAsync(default).IsCompleted);
    }

    [Fact]
    public async Task AKeyInWorkIsHandedOutAgainOnlyAfterwards()
    {
        using var queue = new KeyedWorkQueue(_time);
        queue.Add(A);
        await queue.TakeAsync(default);
        queue.Add(A);
        queue.Add(A);
        var again = queue.TakeAsync(default).AsTask();
        Assert.False(again.IsCompleted);
        queue.Complete(A);
        Assert.Equal(A, await again);
        queue.Complete(A);
        Assert.False(queue.IsBusy);
    }

    [Fact]
    public void TheShortestDelayCounts()
    {
        using var queue = new KeyedWorkQueue(_time);
        queue.AddAfter(A, TimeSpan.FromSeconds(30));
        queue.AddAfter(A, TimeSpan.FromSeconds(10));
        queue.AddAfter(A, TimeSpan.FromSeconds(20));
        _time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(queue.IsBusy);
        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.True(queue.IsBusy);
        Assert.True(queue.TakeAsync(default).IsCompletedSuccessfully);
        queue.Complete(A);
        _time.Advance(TimeSpan.FromSeconds(60));
        Assert.False(queue.IsBusy);
    }

    [Fact]
    public void RetriesDoubleFromFiveMillisecondsToSixteenMinutes()
    {
        var retries = new RetryDelays(new Random(1));
        var delays = Enumerable.Range(0, 25).Select(_ => retries.Next(A, conflict: false)).ToList();
        Assert.InRange(delays[0].TotalMilliseconds, 5, 5.5);
        Assert.InRange(delays[4].TotalMilliseconds, 80, 88);
        Assert.InRange(delays[24].TotalSeconds, 1000, 1100);
        retries.Forget(A);
        Assert.Equal(TimeSpan.Zero, retries.Next(A, conflict: true));
        Assert.InRange(Enumerable.Range(0, 20).Select(_ => retries.Next(A, conflict: true)).ToList()[^1].TotalSeconds, 1, 1.1);
    }

    [Fact]
    public async Task TheBusWorksRetriesAndStops()
    {
        var reconciler = new Probe();
        var failures = new List<ReconcileFailure>();
        using var bus = new InProcessBus([new BusSubscription(reconciler, 4)], TimeProvider.System, new Random(1), failures.Add);
        using var stop = new CancellationTokenSource();
        var running = bus.RunAsync(stop.Token);
        for (var i = 0; i < 500; i++)
        {
            await bus.SendAsync(new ReconcileMessage("probe", new ReconcileKey("c", "", $"k{i % 7}"), i), TimeSpan.Zero, default);
        }
        await reconciler.SeenAll.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await stop.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(1, reconciler.MostAtOnceOfAKey);
        Assert.Equal(2, failures.Count);
        Assert.All(failures, failure => Assert.Equal("k3", failure.Key.Name));
    }

    [Fact]
    public async Task AFailureOfAPartIsReportedAndBacksOffNoLongerThanTheRestWants()
    {
        var failures = new List<ReconcileFailure>();
        using var bus = new InProcessBus([new BusSubscription(new Partly(), 1)], _time, new Random(1), failures.Add);
        using var stop = new CancellationTokenSource();
        var running = bus.RunAsync(stop.Token);
        await bus.SendAsync(new ReconcileMessage("partly", A, 1), TimeSpan.Zero, default);
        for (var run = 1; run <= 20; run++)
        {
            Assert.True(SpinWait.SpinUntil(() => failures.Count == run && _time.Waiting == 1 && !bus.IsBusy, TimeSpan.FromSeconds(20)));
            _time.Advance(failures[^1].RetryAfter + TimeSpan.FromMilliseconds(1));
        }
        await stop.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.InRange(failures[0].RetryAfter.TotalMilliseconds, 5, 5.5);
        Assert.Equal(TimeSpan.FromSeconds(30), failures[19].RetryAfter);
    }

    [Fact]
    public async Task AnUnknownControllerIsRefused()
    {
        using var bus = new InProcessBus([], _time, new Random(1), _ => { });
        await Assert.ThrowsAsync<ArgumentException>(async () => await bus.SendAsync(new ReconcileMessage("nobody", A, 1), TimeSpan.Zero, default));
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

    /// <summary>Fails its key k3 twice, and is done when every key was seen and k3 succeeded.</summary>
    private sealed class Probe : IReconciler
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<string, int> _running = [];
        private readonly HashSet<string> _succeeded = [];
        private int _failures;

        public TaskCompletionSource SeenAll { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int MostAtOnceOfAKey { get; private set; }

        public string Name => "probe";

        public async ValueTask<ReconcileResult> ReconcileAsync(ReconcileKey key, CancellationToken cancellationToken)
        {
            lock (_gate)
            {
                MostAtOnceOfAKey = Math.Max(MostAtOnceOfAKey, _running[key.Name] = _running.GetValueOrDefault(key.Name) + 1);
            }
            await Task.Yield();
            lock (_gate)
            {
                _running[key.Name]--;
                if (key.Name == "k3" && _failures++ < 2)
                {
                    throw new InvalidOperationException("not yet");
                }
                if (_succeeded.Add(key.Name) && _succeeded.Count == 7)
                {
                    SeenAll.SetResult();
                }
            }
            return ReconcileResult.Done;
        }
    }
}
