using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Threading.Channels;
using CloudPlane.Client;

namespace CloudPlane.Agent;

internal static class EventTypes
{
    public const string Normal = "Normal";
    public const string Warning = "Warning";
}

/// <summary>
/// Tells users what happens, as Events. Recording never waits: a queue of bounded size is written out one by one, the same event
/// again only raises the count of the one before, and an object that talks too much is not heard (client-go's correlator).
/// </summary>
internal sealed class EventRecorder(ApiClient api, AgentOptions options, TimeProvider time, AgentLog log)
{
    private const int QueueLength = 1000;
    private const int RememberedEvents = 2048;
    private const double Burst = 25;
    private const double RefillPerSecond = 1.0 / 300;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(5);

    private readonly Channel<Event> _queue = Channel.CreateBounded<Event>(new BoundedChannelOptions(QueueLength) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
    private readonly ConcurrentDictionary<string, Allowance> _allowances = new();
    private readonly Dictionary<string, Event> _written = [];
    private int _sequence;

    public void Pod(Pod pod, Container? container, string type, string reason, string message)
    {
        var field = container is null ? null : pod.IsInit(container.Name!) ? $"spec.initContainers{{{container.Name}}}" : $"spec.containers{{{container.Name}}}";
        Record(new ObjectReference
        {
            ApiVersion = "v1", Kind = "Pod", Name = pod.Name(), Namespace = pod.Namespace(), Uid = pod.Uid(),
            ResourceVersion = pod.Metadata.ResourceVersion, FieldPath = field,
        }, pod.Namespace(), type, reason, message);
    }

    /// <summary>A node's events are in the default namespace, and its uid is its name, as kubectl describe expects.</summary>
    public void Node(string type, string reason, string message) =>
        Record(new ObjectReference { ApiVersion = "v1", Kind = "Node", Name = options.NodeName, Uid = options.NodeName }, "default", type, reason, message);

    /// <summary>Writes until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await foreach (var item in _queue.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            await WriteAsync(item, cancellationToken).ConfigureAwait(false);
    }

    private void Record(ObjectReference about, string ns, string type, string reason, string message)
    {
        var now = time.GetUtcNow();
        if (!_allowances.GetOrAdd($"{about.Kind}/{about.Uid}", _ => new Allowance(now)).Take(now)) return;
        if (_allowances.Count > RememberedEvents) _allowances.Clear();
        var at = ApiTime.WholeSeconds(now);
        _queue.Writer.TryWrite(new Event
        {
            Metadata = new ObjectMeta { Namespace = ns, Name = $"{about.Name}.{now.UtcTicks.ToString("x", CultureInfo.InvariantCulture)}{Interlocked.Increment(ref _sequence) & 0xfff:x3}" },
            InvolvedObject = about,
            Type = type,
            Reason = reason,
            Message = message.Length > 1024 ? message[..1024] : message,
            Source = new EventSource { Component = "kubelet", Host = options.NodeName },
            ReportingComponent = "kubelet",
            ReportingInstance = options.NodeName,
            FirstTimestamp = at,
            LastTimestamp = at,
            Count = 1,
        });
    }

    private async Task WriteAsync(Event item, CancellationToken cancellationToken)
    {
        var key = $"{item.InvolvedObject!.Uid}\n{item.InvolvedObject.FieldPath}\n{item.Type}\n{item.Reason}\n{item.Message}";
        while (true)
        {
            try
            {
                if (_written.Count > RememberedEvents) _written.Clear();
                _written[key] = _written.TryGetValue(key, out var before)
                    ? await RepeatAsync(before, item, cancellationToken).ConfigureAwait(false)
                    : await api.CreateAsync(item, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (ApiException e) when (e.IsNotFound && _written.Remove(key))
            {
                // The earlier one has expired: begins anew.
            }
            catch (ApiException e)
            {
                // A refused event (a namespace that is going, say) is no reason to stop anything.
                if (!e.IsNotFound) log.Debug($"event {item.Reason} for {item.InvolvedObject.Name} was refused: {e.Message}");
                return;
            }
            catch (ApiUnreachableException)
            {
                await Task.Delay(RetryDelay, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private Task<Event> RepeatAsync(Event before, Event now, CancellationToken cancellationToken)
    {
        var last = now.LastTimestamp!.Value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var patch = Encoding.UTF8.GetBytes($"{{\"count\":{(before.Count ?? 1) + 1},\"lastTimestamp\":\"{last}\"}}");
        return api.PatchAsync<Event>(before.Metadata.Namespace!, before.Metadata.Name!, PatchKind.Merge, patch, null, cancellationToken);
    }

    /// <summary>A token bucket.</summary>
    private sealed class Allowance(DateTimeOffset start)
    {
        private double _tokens = Burst;
        private DateTimeOffset _at = start;

        public bool Take(DateTimeOffset now)
        {
            lock (this)
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
