namespace CloudPlane.Doubles;

/// <summary>
/// What goes wrong, for tests; nothing by default. Rates are shares from 0 to 1. All chance comes from one seeded source, so that a run of
/// one
/// thread can be repeated.
/// </summary>
public sealed class ServiceBusFaults(Random random)
{
    private readonly Lock _lock = new();
    private bool _away;
    private long _requests;
    private Action? _whenAway;

    /// <summary>Messages that are accepted and never delivered.</summary>
    public double LoseRate { get; set; }

    /// <summary>Messages that are delivered twice.</summary>
    public double DuplicateRate { get; set; }

    /// <summary>Messages that change places with the one before them, in sessions too.</summary>
    public double ReorderRate { get; set; }

    /// <summary>Messages that come later, by up to <see cref="MaxDelay"/>.</summary>
    public double DelayRate { get; set; }

    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Requests that are refused, half with 503 and half with 500, before anything is done.</summary>
    public double RefuseRate { get; set; }

    /// <summary>Each n-th request is refused with 503; 0 for none.</summary>
    public int ThrottleEvery { get; set; }

    /// <summary>Requests that are carried out and whose answer never arrives: the connection breaks.</summary>
    public double LoseAnswerRate { get; set; }

    /// <summary>
    /// Whether the bus can't be reached: connections break, and receivers in this process get a <see cref="BusException"/> (503).
    /// </summary>
    public bool Away
    {
        get
        {
            lock (_lock)
                return _away;
        }
        set
        {
            lock (_lock)
                _away = value;
            _whenAway?.Invoke();
        }
    }

    /// <summary>Ends all faults; the source of chance goes on.</summary>
    public void Clear()
    {
        (LoseRate, DuplicateRate, ReorderRate, DelayRate, RefuseRate, LoseAnswerRate, ThrottleEvery) = (0, 0, 0, 0, 0, 0, 0);
        Away = false;
    }

    /// <summary>Those who wait find out at once.</summary>
    internal void OnAway(Action action) => _whenAway = action;

    /// <summary>What becomes of a message that was accepted.</summary>
    internal (int Copies, TimeSpan Delay, bool Overtakes) OfMessage()
    {
        lock (_lock)
        {
            if (Happens(LoseRate))
                return (0, TimeSpan.Zero, false);
            var copies = Happens(DuplicateRate) ? 2 : 1;
            var delay = Happens(DelayRate) ? MaxDelay * random.NextDouble() : TimeSpan.Zero;
            return (copies, delay, Happens(ReorderRate));
        }
    }

    /// <summary>The status with which a request is refused; null to carry it out.</summary>
    internal int? OfRequest()
    {
        lock (_lock)
        {
            _requests++;
            if (ThrottleEvery > 0 && _requests % ThrottleEvery == 0)
                return 503;
            return Happens(RefuseRate) ? random.Next(2) == 0 ? 503 : 500 : null;
        }
    }

    internal bool LosesAnswer()
    {
        lock (_lock)
            return Happens(LoseAnswerRate);
    }

    private bool Happens(double rate) => rate > 0 && random.NextDouble() < rate;
}
