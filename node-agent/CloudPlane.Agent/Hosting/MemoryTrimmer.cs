using System.Runtime.InteropServices;

namespace CloudPlane.Agent;

/// <summary>
/// Gives memory back after a burst: the collector frees nothing while nothing is allocated, so an idle agent would keep what twenty
/// pods at once needed; and the C library keeps what the compiler and TLS took of it. Only when hardly anything is going on, when a pause
/// hurts nobody.
/// </summary>
/// <param name="allocated">Bytes that the process has allocated since it started.</param>
/// <param name="trim">Gives back what is free.</param>
internal sealed partial class MemoryTrimmer(TimeProvider time, Func<long> allocated, Action trim)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    // Between two looks: what Leases, health checks and probes need, not what a pod's start needs.
    private const long Quiet = 1 << 20;

    // Since the last time; less is not worth the pause.
    private const long Worth = 8 << 20;

    private long _seen;
    private long _trimmed;

    public static MemoryTrimmer OfThisProcess(TimeProvider time) => new(time, static () => GC.GetTotalAllocatedBytes(), Trim);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            Look();
    }

    /// <summary>Trims when enough was allocated before, and hardly anything since the look before.</summary>
    internal void Look()
    {
        var now = allocated();
        var quiet = now - _seen < Quiet;
        _seen = now;
        if (!quiet || now - _trimmed < Worth) return;
        trim();
        _trimmed = _seen = allocated();
    }

    private static void Trim()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        try
        {
            MallocTrim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library than glibc, which keeps less.
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nint pad);
}
