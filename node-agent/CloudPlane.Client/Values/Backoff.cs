namespace CloudPlane.Client;

/// <summary>
/// Delays that double from <paramref name="first"/> to <paramref name="most"/>, each shortened by up to half at random so that many clients
/// don't come back at once. Not for use by several threads.
/// </summary>
public sealed class Backoff(TimeSpan first, TimeSpan most, Random random)
{
    private int _failures;

    /// <summary>The next delay.</summary>
    public TimeSpan Next()
    {
        var full = first * Math.Pow(2, Math.Min(_failures++, 32));
        return (full < most ? full : most) * (1 - (random.NextDouble() / 2));
    }

    /// <summary>It worked: start from the first delay again.</summary>
    public void Reset() => _failures = 0;
}
