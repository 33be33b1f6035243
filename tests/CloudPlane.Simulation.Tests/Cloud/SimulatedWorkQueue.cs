using CloudPlane.Functions;
using CloudPlane.Tests;

namespace CloudPlane.Simulation.Tests;

/// <summary>How the queue misbehaves; chances are per message, from 0 to 1.</summary>
internal sealed record QueueFaults
{
    /// <summary>A message is taken and never delivered.</summary>
    public double Lose { get; init; }

    public double Duplicate { get; init; }

    /// <summary>A message comes up to <see cref="Longest"/> late, so also out of order.</summary>
    public double Delay { get; init; }

    public TimeSpan Longest { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>The queue can't be reached; the chance is per request.</summary>
    public double Refuse { get; init; }
}

/// <summary>Messages of one session, as an instance gets them.</summary>
/// <param name="Deliveries">How often the one that came most often has been taken.</param>
internal sealed record Batch(IReadOnlyList<WorkMessage> Messages, int Deliveries);

/// <summary>A queue with sessions, scheduled messages and duplicate detection, which hands out batches in a seeded order.</summary>
internal sealed class SimulatedWorkQueue(ManualTime time, Random random, QueueFaults faults) : IWorkQueue
{
    private static readonly TimeSpan DetectionWindow = TimeSpan.FromHours(1);
    private const int LargestBatch = 32;

    private readonly Lock _gate = new();
    private readonly List<(DateTimeOffset Due, string Session, int Deliveries, WorkMessage Message)> _waiting = [];
    private readonly Dictionary<string, DateTimeOffset> _seen = [];

    /// <summary>What goes wrong with what is sent from now on.</summary>
    public QueueFaults Faults { get; set; } = faults;

    /// <summary>How many messages were accepted, duplicates left out.</summary>
    public int Accepted { get; private set; }

    /// <summary>Messages that wait or are scheduled.</summary>
    public IReadOnlyList<(DateTimeOffset Due, WorkMessage Message)> Waiting
    {
        get
        {
            lock (_gate)
                return [.. _waiting.Select(waiting => (waiting.Due, waiting.Message))];
        }
    }

    public DateTimeOffset? NextDue => Waiting.Select(waiting => (DateTimeOffset?)waiting.Due).Min();

    public Task SendAsync(IReadOnlyList<WorkMessage> messages, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (Happens(Faults.Refuse))
                throw new WorkQueueException("the queue is away", new TimeoutException());
            foreach (var message in messages)
                Accept(message);
        }

        return Task.CompletedTask;
    }

    /// <summary>The messages of one session that are due; null when there are none.</summary>
    public Batch? Take()
    {
        lock (_gate)
        {
            var sessions = _waiting.Where(waiting => waiting.Due <= time.Now).Select(waiting => waiting.Session).Distinct().Order(StringComparer.Ordinal).ToList();
            if (sessions.Count == 0)
                return null;
            var session = sessions[random.Next(sessions.Count)];
            var batch = _waiting.Where(waiting => waiting.Due <= time.Now && waiting.Session == session).Take(LargestBatch).ToList();
            foreach (var taken in batch)
                _waiting.Remove(taken);
            return new Batch([.. batch.Select(taken => taken.Message)], batch.Max(taken => taken.Deliveries));
        }
    }

    /// <summary>The batch was not completed: it comes again.</summary>
    public void Return(Batch batch)
    {
        lock (_gate)
            _waiting.InsertRange(0, batch.Messages.Select(message => (time.Now, message.Session(time.Now), batch.Deliveries + 1, message)));
    }

    private void Accept(WorkMessage message)
    {
        if (message.MessageId is { } id)
        {
            if (_seen.TryGetValue(id, out var seen) && time.Now - seen < DetectionWindow)
                return;
            _seen[id] = time.Now;
        }

        Accepted++;
        if (Happens(Faults.Lose))
            return;
        var late = Happens(Faults.Delay) ? Faults.Longest * random.NextDouble() : TimeSpan.Zero;
        var session = message.Session(time.Now);
        var due = message.Due > time.Now ? message.Due.Value : time.Now;
        _waiting.Add((due + late, session, 1, message));
        if (Happens(Faults.Duplicate))
            _waiting.Add((due + (Faults.Longest * random.NextDouble()), session, 1, message));
    }

    private bool Happens(double chance) => random.NextDouble() < chance;
}
