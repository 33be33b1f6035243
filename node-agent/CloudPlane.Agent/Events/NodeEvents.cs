using System.Collections.Concurrent;
using System.Threading.Channels;
using CloudPlane.Client;

namespace CloudPlane.Agent;

internal static class EventTypes
{
    public const string Normal = "Normal";
    public const string Warning = "Warning";
}

/// <summary>
/// Tells users what happens, as Events. Recording never waits: a queue of bounded size is written out one by one (the newest are kept),
/// and an object that talks too much is not heard (client-go's limits: a burst of 25, then one in 5 minutes).
/// </summary>
/// <param name="linger">How long the first event of a burst may wait: starting pods comes before telling of it.</param>
internal sealed class NodeEvents(EventRecorder recorder, string nodeName, TimeProvider time, TimeSpan linger = default)
{
    private const int QueueLength = 1000;
    private const int RememberedObjects = 2048;
    private const double Burst = 25;
    private const double RefillPerSecond = 1.0 / 300;

    private readonly Channel<Item> _queue =
        Channel.CreateBounded<Item>(new BoundedChannelOptions(QueueLength)
        {
            FullMode = BoundedChannelFullMode.DropOldest,
            SingleReader = true
        });
    private readonly ConcurrentDictionary<string, Allowance> _allowances = new();

    public void Pod(Pod pod, Container? container, string type, string reason, string message)
    {
        var field = container is null ? null : pod.IsInit(container.Name!)
            ? $"spec.initContainers{{{container.Name}}}" : $"spec.containers{{{container.Name}}}";
        Record(new ObjectReference
        {
            ApiVersion = "v1",
            Kind = "Pod",
            Name = pod.Name(),
            Namespace = pod.Namespace(),
            Uid = pod.Uid(),
            ResourceVersion = pod.Metadata.ResourceVersion,
            FieldPath = field,
        }, type, reason, message);
    }

    /// <summary>A node's event names the node as uid too, as kubectl describe expects.</summary>
    public void Node(string type, string reason, string message) =>
        Record(new ObjectReference { ApiVersion = "v1", Kind = "Node", Name = nodeName, Uid = nodeName }, type, reason, message);

    /// <summary>Writes until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (await _queue.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (linger > TimeSpan.Zero) await Task.Delay(linger, time, cancellationToken).ConfigureAwait(false);
            while (_queue.Reader.TryRead(out var item))
                await recorder.RecordAsync(item.About, item.Type, item.Reason, item.Message, item.At, cancellationToken).ConfigureAwait(false);
        }
    }

    private void Record(ObjectReference about, string type, string reason, string message)
    {
        var now = time.GetUtcNow();
        if (_allowances.Count > RememberedObjects) _allowances.Clear();
        if (_allowances.GetOrAdd($"{about.Kind}/{about.Uid}", _ => new Allowance(now)).Take(now))
            _queue.Writer.TryWrite(new Item(about, type, reason, message, now));
    }

    private sealed record Item(ObjectReference About, string Type, string Reason, string Message, DateTimeOffset At);

    /// <summary>A token bucket.</summary>
    private sealed class Allowance(DateTimeOffset start)
    {
        private readonly Lock _lock = new();
        private double _tokens = Burst;
        private DateTimeOffset _at = start;

        public bool Take(DateTimeOffset now)
        {
            lock (_lock)
            {
                _tokens = Math.Min(Burst, _tokens + (now - _at).TotalSeconds * RefillPerSecond);
                _at = now;
                if (_tokens < 1) return false;
                _tokens--;
                return true;
            }
        }
    }
}
