namespace CloudPlane.Agent;

/// <summary>
/// How long a key that keeps failing has to wait: 10 s, doubling to 5 min, from its last failure; forgotten after twice the maximum
/// without a failure (client-go's Backoff, which the kubelet uses for crash loops and image pulls).
/// </summary>
internal sealed class CrashBackoff(TimeSpan initial, TimeSpan maximum)
{
    private readonly Dictionary<string, Entry> _entries = [];

    public static CrashBackoff ForContainers() => new(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5));

    /// <summary>When the key may run again after it failed at <paramref name="failedAt"/>, and the delay; null when it may at
    /// once.</summary>
    public (DateTimeOffset Until, TimeSpan Delay)? Waiting(string key, DateTimeOffset failedAt, DateTimeOffset now)
    {
        if (!_entries.TryGetValue(key, out var entry) || Expired(failedAt, entry)) return null;
        var until = failedAt + entry.Delay;
        return until > now ? (until, entry.Delay) : null;
    }

    /// <summary>Notes another try after the failure at <paramref name="failedAt"/>: the next failure waits longer.</summary>
    public void Next(string key, DateTimeOffset failedAt, DateTimeOffset now)
    {
        var delay = _entries.TryGetValue(key, out var entry) && !Expired(failedAt, entry) ? Min(entry.Delay * 2, maximum) : initial;
        _entries[key] = new Entry(delay, now);
    }

    public void Forget(string key) => _entries.Remove(key);

    private bool Expired(DateTimeOffset failedAt, Entry entry) => failedAt - entry.UpdatedAt > maximum * 2;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    private readonly record struct Entry(TimeSpan Delay, DateTimeOffset UpdatedAt);
}
