namespace CloudPlane.Doubles;

/// <summary>The message ids that were sent within the window. A duplicate does not prolong it.</summary>
internal sealed class DuplicateHistory(TimeSpan window)
{
    private readonly HashSet<string> _ids = new(StringComparer.Ordinal);
    private readonly Queue<(string Id, DateTimeOffset Until)> _order = new();

    /// <summary>False when the id is known.</summary>
    public bool Add(string id, DateTimeOffset now)
    {
        while (_order.TryPeek(out var oldest) && oldest.Until <= now)
            _ids.Remove(_order.Dequeue().Id);
        if (!_ids.Add(id))
            return false;
        _order.Enqueue((id, now + window));
        return true;
    }
}
