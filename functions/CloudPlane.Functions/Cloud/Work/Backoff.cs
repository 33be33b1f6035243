namespace CloudPlane.Functions;

/// <summary>How long a key waits after a failure. The queue itself would bring it back at once, and give it up after ten times.</summary>
internal static class Backoff
{
    /// <summary>How often a key that lost a race is looked at again without leaving the batch.</summary>
    public const int RacesAtOnce = 3;

    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);

    // client-go's longest for controllers is 1000 s.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1000);

    /// <summary>Doubling from a second, with up to a tenth on top, so that keys which failed together don't come back together.</summary>
    public static TimeSpan After(int attempt, Random random)
    {
        var exponential = First * Math.Pow(2, Math.Min(attempt, 20));
        return (exponential < Longest ? exponential : Longest) * (1 + (random.NextDouble() / 10));
    }
}
