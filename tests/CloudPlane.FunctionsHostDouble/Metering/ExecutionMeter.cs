namespace CloudPlane.Doubles;

/// <summary>
/// Counts an instance's executions and the time that Flex Consumption bills for it: while at least one execution runs, each such span at
/// least 1,000 ms and then in steps of 100 ms. The caller serialises.
/// </summary>
internal sealed class ExecutionMeter(TimeProvider time)
{
    private const long LeastMilliseconds = 1000;
    private const long StepMilliseconds = 100;

    private long _began;
    private TimeSpan _active;
    private long _billedMilliseconds;

    /// <summary>Executions under way.</summary>
    public int Active { get; private set; }

    /// <summary>Executions begun.</summary>
    public long Executions { get; private set; }

    public void Begin()
    {
        if (Active++ == 0)
            _began = time.GetTimestamp();
        Executions++;
    }

    public void End()
    {
        if (--Active > 0)
            return;
        var span = time.GetElapsedTime(_began);
        _active += span;
        _billedMilliseconds += Billed(span);
    }

    /// <summary>Time with an execution under way, and what of it is billed; an unfinished span as if it ended now.</summary>
    public (TimeSpan Active, TimeSpan Billed) Read()
    {
        var open = Active > 0 ? time.GetElapsedTime(_began) : TimeSpan.Zero;
        var billed = _billedMilliseconds + (Active > 0 ? Billed(open) : 0);
        return (_active + open, TimeSpan.FromMilliseconds(billed));
    }

    private static long Billed(TimeSpan span)
    {
        var steps = (long)Math.Ceiling(span.TotalMilliseconds / StepMilliseconds);
        return Math.Max(LeastMilliseconds, steps * StepMilliseconds);
    }
}
