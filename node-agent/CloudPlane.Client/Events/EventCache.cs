namespace CloudPlane.Client;

/// <summary>What makes two events the same.</summary>
internal readonly record struct EventKey(
    string? Kind, string? Namespace, string? Name, string? Uid, string? FieldPath, string Type, string Reason, string Message);

/// <summary>An event that was written, and how often it has been said.</summary>
internal readonly record struct SeenEvent(string Namespace, string Name, int Count);

/// <summary>The last events that were written: at most <see cref="Capacity"/>, the oldest make room. Losing it only makes new events.</summary>
internal sealed class EventCache
{
    private const int Capacity = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<EventKey, SeenEvent> _seen = [];
    private readonly Queue<EventKey> _order = new();

    public bool TryCountUp(EventKey key, out SeenEvent seen)
    {
        lock (_lock)
        {
            if (!_seen.TryGetValue(key, out seen)) return false;
            _seen[key] = seen = seen with { Count = seen.Count + 1 };
            return true;
        }
    }

    public void Add(EventKey key, SeenEvent seen)
    {
        lock (_lock)
        {
            if (!_seen.ContainsKey(key)) _order.Enqueue(key);
            _seen[key] = seen;
            if (_order.Count > Capacity) _seen.Remove(_order.Dequeue());
        }
    }
}
