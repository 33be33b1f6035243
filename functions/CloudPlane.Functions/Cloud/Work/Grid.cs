namespace CloudPlane.Functions;

/// <summary>
/// Moments that those who ask for about the same moment agree on: what keeps scheduled messages from multiplying, as the queue drops the
/// second of two with one <see cref="WorkMessage.MessageId"/>.
/// </summary>
internal static class Grid
{
    /// <summary>
    /// Half of the queue's duplicate detection window: a message is still remembered when it falls due. A key that wants to be
    /// looked at later is looked at now and then on the way, which is harmless.
    /// </summary>
    public static readonly TimeSpan Longest = ServiceBusWorkQueue.DuplicateDetectionWindow / 2;

    /// <summary>
    /// When to deliver a message that is wanted after <paramref name="delay"/>: never earlier (but for <see cref="Longest"/>), later by a
    /// quarter at most, or a second. However often a key asks for one delay, at most nine of its messages are under way.
    /// </summary>
    public static DateTimeOffset After(DateTimeOffset now, TimeSpan delay)
    {
        delay = delay < Longest ? delay : Longest;
        return Ceiling(now + delay, Step(delay));
    }

    /// <summary>The first multiple of a period that is not before <paramref name="earliest"/>: whoever re-arms a periodic message finds the same.</summary>
    public static DateTimeOffset Ceiling(DateTimeOffset earliest, TimeSpan period)
    {
        var ticks = earliest.UtcTicks;
        var rest = ticks % period.Ticks;
        return new DateTimeOffset(rest == 0 ? ticks : ticks + period.Ticks - rest, TimeSpan.Zero);
    }

    // A power of two, so that the moments of a shorter delay include those of a longer one.
    private static TimeSpan Step(TimeSpan delay)
    {
        var step = TimeSpan.FromSeconds(1);
        while (step * 8 <= delay)
            step *= 2;
        return step;
    }
}
