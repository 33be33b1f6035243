using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>One tail per partition that is being watched.</summary>
internal sealed class WatchHub(IStateStore store, TimeProvider time) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Partition, Running> _tails = [];

    /// <summary>The partition's tail, kept running until the lease is disposed.</summary>
    public Lease Acquire(Partition partition)
    {
        lock (_lock)
        {
            if (!_tails.TryGetValue(partition, out var running))
                _tails[partition] = running = Start(partition);
            running.Watchers++;
            return new Lease(this, partition, running.Tail);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Running[] all;
        lock (_lock)
        {
            all = [.. _tails.Values];
            _tails.Clear();
        }

        foreach (var running in all)
            await running.StopAsync();
    }

    private Running Start(Partition partition)
    {
        var stop = new CancellationTokenSource();
        var tail = new PartitionTail(store, partition, time);
        return new Running(tail, stop, Task.Run(() => tail.RunAsync(stop.Token)));
    }

    private async ValueTask ReleaseAsync(Partition partition)
    {
        Running? last = null;
        lock (_lock)
        {
            if (_tails.TryGetValue(partition, out var running) && --running.Watchers == 0)
            {
                _tails.Remove(partition);
                last = running;
            }
        }

        if (last is not null)
            await last.StopAsync();
    }

    internal sealed class Lease(WatchHub hub, Partition partition, PartitionTail tail) : IAsyncDisposable
    {
        public PartitionTail Tail => tail;

        public ValueTask DisposeAsync() => hub.ReleaseAsync(partition);
    }

    private sealed record Running(PartitionTail Tail, CancellationTokenSource Stop, Task Task)
    {
        public int Watchers { get; set; }

        public async ValueTask StopAsync()
        {
            await Stop.CancelAsync();
            await Task;
            Stop.Dispose();
        }
    }
}
