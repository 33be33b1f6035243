using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CloudPlane.Functions;

/// <summary>
/// One message of the <c>work</c> queue. It only says where to look: whatever it caused to be read is read anew, so it may come twice,
/// late, or out of order.
/// </summary>
/// <param name="Cluster">Whose state it is about.</param>
internal abstract record WorkMessage(string Cluster)
{
    /// <summary>
    /// After how long a cluster's messages go to a new session. A cluster that is busy all the time pays for it with the second that its
    /// instance waits for more of the old one, and may be worked on twice at once while that is finished, which reconcilers bear. Turns change
    /// between the full minutes, when an idle cluster's timers are due and nodes report.
    /// </summary>
    public static readonly TimeSpan Turn = TimeSpan.FromSeconds(20);

    /// <summary>When it is to be delivered; null for at once.</summary>
    public DateTimeOffset? Due { get; init; }

    /// <summary>Whether it goes into a session of its own, so that nothing else suffers when its process dies of it.</summary>
    public bool IsApart { get; init; }

    /// <summary>
    /// The session of a message that is sent now: messages of one session are worked on by one instance at a time, in order. At most 128
    /// characters. One for all of a cluster: an instance takes one session at a time, and goes to the next when one has been quiet for a second.
    /// What follows from what, such as pods from a Deployment, so never waits for that second; keys of a batch are worked on side by side all
    /// the same. But only for a <see cref="Turn"/>: a session that always has messages would keep its instance from every other cluster.
    /// </summary>
    public string Session(DateTimeOffset now)
    {
        var delivered = Due > now ? Due.Value : now;
        var turn = (delivered.UtcTicks + (Turn.Ticks / 2)) / Turn.Ticks;
        return $"{Cluster}/{turn.ToString(CultureInfo.InvariantCulture)}{(IsApart ? $"/{Digest(Topic)}" : "")}";
    }

    /// <summary>
    /// For a scheduled message: the same for all that ask for the same at the same time, so that the queue's duplicate detection keeps one
    /// of them. Messages without delay are never merged by the queue: the second may report what the first did not see.
    /// </summary>
    public string? MessageId => Due is { } due ? Digest($"{Topic}@{due.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)}") : null;

    /// <summary>What it is about, apart from when.</summary>
    protected abstract string Topic { get; }

    // A Service Bus MessageId has at most 128 characters; names may have 253 each.
    private static string Digest(string text) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

/// <summary>The log of a resource has grown: carry its changes to those whom they concern.</summary>
internal sealed record LogWork(string Cluster, string Resource) : WorkMessage(Cluster)
{
    /// <inheritdoc/>
    protected override string Topic => $"{Cluster}/log/{Resource}";
}

/// <summary>A controller is to look at a key. <paramref name="Attempt"/> counts the failures in a row before this look.</summary>
internal sealed record KeyWork(string Cluster, string Controller, string Namespace, string Name, int Attempt = 0) : WorkMessage(Cluster)
{
    /// <summary>The look through all Events of a cluster.</summary>
    public static KeyWork EventExpiry(string cluster) => new(cluster, "event-expiry-controller", "", "sweep");

    /// <inheritdoc/>
    protected override string Topic => $"{Cluster}/{Controller}/{Namespace}/{Name}";
}

/// <summary>Compare how far the logs have been carried with their heads: finds what a crash kept from being sent.</summary>
internal sealed record SweepWork(string Cluster) : WorkMessage(Cluster)
{
    /// <inheritdoc/>
    protected override string Topic => $"{Cluster}/sweep";
}

/// <summary>Forget history that no watch may resume from any more.</summary>
internal sealed record CompactionWork(string Cluster) : WorkMessage(Cluster)
{
    /// <inheritdoc/>
    protected override string Topic => $"{Cluster}/compaction";
}

/// <summary>
/// Start anew what goes on by re-arming itself: what a lost message would have ended for good. <paramref name="Full"/> wakes every
/// controller for every object; otherwise only the look at all nodes, and the sweep.
/// </summary>
internal sealed record SeedWork(string Cluster, bool Full) : WorkMessage(Cluster)
{
    /// <inheritdoc/>
    protected override string Topic => $"{Cluster}/seed/{Full}";
}
