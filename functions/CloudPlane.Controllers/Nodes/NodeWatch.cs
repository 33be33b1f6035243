using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>The one look at all nodes of a cluster: who takes it, under which key, and when it is due again.</summary>
public static class NodeWatch
{
    /// <summary>The name of the controller.</summary>
    public const string Controller = "node-controller";

    /// <summary>The key that stands for all nodes.</summary>
    public static readonly ObjectName Key = new("", "nodes");

    /// <summary>
    /// How long after a multiple of the period a look is wanted. A worker's clock may be behind the queue's: if it still found the multiple ahead
    /// for which it was woken, the next message would have this one's MessageId and be dropped as its duplicate. And nodes renew in the
    /// multiple's second: in the middle of that those that come last would seem late.
    /// </summary>
    internal static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    /// <summary>
    /// When to look again, if the first of all nodes is given up at <paramref name="deadline"/> unless it is heard of. Exactly then; but where
    /// looks are taken at multiples of a period, just after the first of those, or at a rare look before it. While all nodes renew in time, looks
    /// are as rare as the grace period is long: whoever has gone silent meanwhile either has run out at the next one, or is looked at more closely
    /// from then on. Looks that were armed at different times so become one. In the cloud form Grid rounds up once more: delays of up to 17
    /// minutes by up to 128 s.
    /// </summary>
    public static DateTimeOffset NextLook(DateTimeOffset deadline, DateTimeOffset now, ControllerOptions options)
    {
        if (options.NodeLookPeriod <= TimeSpan.Zero)
        {
            return deadline;
        }
        var (due, rare) = (LookFrom(deadline, options.NodeLookPeriod), RareLook(now, options));
        return due < rare ? due : rare;
    }

    /// <summary>The first of the rare looks after a moment.</summary>
    public static DateTimeOffset RareLook(DateTimeOffset now, ControllerOptions options) =>
        LookFrom(now.AddTicks(1), options.NodeLookPeriod * Math.Ceiling(options.NodeMonitorGracePeriod / options.NodeLookPeriod));

    private static DateTimeOffset LookFrom(DateTimeOffset earliest, TimeSpan period)
    {
        var rest = earliest.UtcTicks % period.Ticks;
        return (rest == 0 ? earliest : earliest.AddTicks(period.Ticks - rest)) + Settling;
    }
}
