namespace CloudPlane.Doubles;

/// <summary>Counts a handler's crashes within a window of time.</summary>
internal sealed class HandlerHealth(TimeProvider time, TimeSpan window)
{
    private const int MaxCrashes = 3;
    private readonly Queue<DateTimeOffset> _crashes = new();

    /// <summary>True when this crash was the one too many.</summary>
    public bool Crashed()
    {
        var now = time.GetUtcNow();
        _crashes.Enqueue(now);
        while (_crashes.Peek() <= now - window)
            _crashes.Dequeue();
        return _crashes.Count >= MaxCrashes;
    }
}
