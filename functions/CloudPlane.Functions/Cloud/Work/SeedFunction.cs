using System.Text.Json;

namespace CloudPlane.Functions;

/// <summary>
/// The slow timer. What is scheduled re-arms itself, so a lost message would end it for good: this starts it anew. Clusters without nodes
/// have no clocks that matter, and cost nothing.
/// </summary>
internal sealed class SeedFunction(ClusterRegistry clusters, IWorkQueue queue, Func<CancellationToken, Task> takeDeadLetters, TimeProvider time)
{
    /// <summary>How often every object's controllers are woken, as at a start.</summary>
    internal static readonly TimeSpan FullPeriod = TimeSpan.FromHours(6);

    /// <summary>The timer's period, as in its function.json.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromMinutes(30);

    /// <exception cref="FormatException">The envelope is none of the host.</exception>
    public async Task RunAsync(JsonElement envelope, CancellationToken cancellationToken)
    {
        TriggerEnvelope.Data(envelope, "timer");
        await RunAsync(cancellationToken);
    }

    /// <summary>One run; for simulation, which has no envelope.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        // A host that fires twice asks for the same messages twice: the queue keeps one of each.
        var due = Grid.Ceiling(now, TimeSpan.FromSeconds(1));
        var full = IsFull(now);
        var messages = new List<WorkMessage>();
        foreach (var cluster in await clusters.ListAsync(cancellationToken))
        {
            if (cluster.HasNodes(now))
                messages.Add(new SeedWork(cluster.StateName, full) { Due = due });
        }

        if (messages.Count > 0)
            await queue.SendAsync(messages, cancellationToken);
        await takeDeadLetters(cancellationToken);
    }

    /// <summary>Whether a run at this time is to wake everything. A timer fires a little before its time or after it: the run that it is meant to be counts.</summary>
    internal static bool IsFull(DateTimeOffset now) => Grid.Ceiling(now - (Period / 2), Period).UtcTicks % FullPeriod.Ticks == 0;
}
