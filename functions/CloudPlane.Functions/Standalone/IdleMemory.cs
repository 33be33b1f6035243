using System.Runtime.InteropServices;

namespace CloudPlane.Functions;

/// <summary>
/// Gives back what a burst needed (the start, a rollout) once it is over: the collector by itself waits until the first generation has
/// grown to the processor's cache size, which in an idle cluster takes hours.
/// </summary>
/// <param name="allocated">Bytes that the process has allocated since it started.</param>
/// <param name="collect">A full collection that returns memory to the system.</param>
internal sealed partial class IdleMemory(TimeProvider time, Func<long> allocated, Action collect)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    // Between two looks: what timers and Leases of some nodes need, not what a client's requests need.
    private const long Quiet = 256 * 1024;

    // Since the last collection; less is not worth the pause.
    private const long Worth = 8 * 1024 * 1024;

    private long _seen;
    private long _collected;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
            Look();
    }

    /// <summary>A full collection, then the C library's turn: SQLite's and TLS's memory is in its heap.</summary>
    public static void Collect()
    {
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        _ = TrimHeap(0);
    }

    /// <summary>Collects when enough was allocated before, and hardly anything since the look before.</summary>
    internal void Look()
    {
        var now = allocated();
        var isQuiet = now - _seen < Quiet;
        _seen = now;
        if (!isQuiet || now - _collected < Worth)
            return;
        collect();
        _collected = _seen = allocated();
    }

    // https://man7.org/linux/man-pages/man3/malloc_trim.3.html
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int TrimHeap(nuint keep);
}
