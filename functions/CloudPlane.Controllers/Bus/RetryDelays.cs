using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>How long a key waits after a failure: client-go's default controller rate limiter (5 ms doubling to 1000 s), with jitter.</summary>
internal sealed class RetryDelays(Random random)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1000);

    // A lost race needs a fresh look, not rest; the cap keeps two instances that keep losing to each other from spinning.
    private static readonly TimeSpan LongestAfterConflict = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<ReconcileKey, int> _failures = [];

    public TimeSpan Next(ReconcileKey key, bool conflict)
    {
        lock (_gate)
        {
            var failures = _failures.GetValueOrDefault(key);
            _failures[key] = failures + 1;
            if (conflict && failures == 0)
            {
                return TimeSpan.Zero;
            }
            var exponential = First * Math.Pow(2, Math.Min(failures, 30));
            var longest = conflict ? LongestAfterConflict : Longest;
            // Up to a tenth on top, so that keys which failed together don't come back together.
            return (exponential < longest ? exponential : longest) * (1 + (random.NextDouble() / 10));
        }
    }

    public void Forget(ReconcileKey key)
    {
        lock (_gate)
        {
            _failures.Remove(key);
        }
    }
}
