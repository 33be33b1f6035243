namespace CloudPlane.Storage;

/// <summary>A <see cref="Random"/> for several threads at once.</summary>
internal sealed class SynchronizedRandom(Random random)
{
    private readonly Lock _gate = new();

    /// <summary>From 0 to below 1.</summary>
    public double NextDouble()
    {
        lock (_gate)
            return random.NextDouble();
    }
}
