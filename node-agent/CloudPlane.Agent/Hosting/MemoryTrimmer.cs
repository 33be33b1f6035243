namespace CloudPlane.Agent;

/// <summary>
/// Gives memory back after a burst: the collector frees nothing while nothing is allocated, so an idle agent would keep what twenty
/// pods at once needed. Runs only when the agent has been quiet for a while, when a pause hurts nobody.
/// </summary>
internal sealed class MemoryTrimmer(TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(30);
    private const long QuietBytes = 4L << 20;
    private const long WorthwhileBytes = 8L << 20;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var (last, trimmed) = (0L, 0L);
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
        {
            var allocated = GC.GetTotalAllocatedBytes();
            if (allocated - last < QuietBytes && allocated - trimmed > WorthwhileBytes)
            {
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                trimmed = allocated;
            }
            last = allocated;
        }
    }
}
