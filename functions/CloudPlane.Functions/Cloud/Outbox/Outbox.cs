using System.Collections.Concurrent;
using CloudPlane.Storage;
using Microsoft.Extensions.Logging;

namespace CloudPlane.Functions;

/// <summary>
/// Tells the work queue that logs have grown. Announcements that come while one is being sent share the next, as writes share a commit: a
/// burst costs a few messages. A queue that is away harms nobody: the commits stand, and the sweep finds what was not announced.
/// </summary>
internal sealed partial class Outbox(IWorkQueue queue, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    /// <summary>Sweeps run at multiples of this, one to two of them after the commit that armed it.</summary>
    public static readonly TimeSpan SweepPeriod = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan CompactionPeriod = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan ExpiryPeriod = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentDictionary<string, DateTimeOffset> _armed = new();
    private HashSet<Partition> _waiting = [];
    private TaskCompletionSource _next = NewRound();
    private Task _sender = Task.CompletedTask;
    // Not whether the task has completed: one that found nothing to send is still about to, and would not see what comes now.
    private bool _isSending;

    // Ticks, read and written by several threads.
    private long _awayUntil;

    /// <summary>
    /// Completes when the announcement is with the queue, or has waited long enough. Not cancelled with the request that wrote: the commit
    /// stands, so somebody has to hear of it.
    /// </summary>
    public async ValueTask AnnounceAsync(Partition partition)
    {
        Task round;
        lock (_gate)
        {
            _waiting.Add(partition);
            round = _next.Task;
            if (!_isSending)
                (_isSending, _sender) = (true, Task.Run(SendWaitingAsync));
        }

        // Nobody waits for a queue that did not answer a moment ago.
        if (!IsAway)
            await Task.WhenAny(round, Task.Delay(Patience, time, _ending.Token));
    }

    /// <summary>Makes sure that the cluster's logs will be looked at within two minutes, and its history be compacted at some time.</summary>
    public ValueTask ArmUpkeepAsync(string cluster, CancellationToken cancellationToken) =>
        ArmAsync([new SweepWork(cluster) { Due = NextMultiple(SweepPeriod) }, new CompactionWork(cluster) { Due = NextMultiple(CompactionPeriod) }], cancellationToken);

    /// <summary>Makes sure that the cluster's Events are looked through once they may have expired.</summary>
    public ValueTask ArmEventExpiryAsync(string cluster, CancellationToken cancellationToken) =>
        ArmAsync([KeyWork.EventExpiry(cluster) with { Due = NextMultiple(ExpiryPeriod) }], cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        Task sender;
        lock (_gate)
            sender = _sender;
        await sender.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private bool IsAway => time.GetUtcNow().UtcTicks < Volatile.Read(ref _awayUntil);

    private DateTimeOffset NextMultiple(TimeSpan period) => Grid.Ceiling(time.GetUtcNow() + period, period);

    /// <summary>Sends those that this process has not sent yet; the queue drops those that another has.</summary>
    private async ValueTask ArmAsync(WorkMessage[] messages, CancellationToken cancellationToken)
    {
        if (Array.TrueForAll(messages, IsArmed) || IsAway)
            return;
        try
        {
            await queue.SendAsync(Array.FindAll(messages, message => !IsArmed(message)), cancellationToken);
            foreach (var message in messages)
                _armed[Slot(message)] = message.Due!.Value;
        }
        catch (WorkQueueException e)
        {
            // The write goes on: what it misses here, the seeding timer finds.
            Volatile.Write(ref _awayUntil, (time.GetUtcNow() + Rest).UtcTicks);
            LogAway(logger, e);
        }
    }

    private bool IsArmed(WorkMessage message) => _armed.GetValueOrDefault(Slot(message)) >= message.Due;

    private static string Slot(WorkMessage message) => $"{message.Cluster} {message.GetType().Name}";

    /// <summary>Sends rounds until nothing waits. While the queue is away it tries again, for as long as this process lives.</summary>
    private async Task SendWaitingAsync()
    {
        while (true)
        {
            HashSet<Partition> partitions;
            TaskCompletionSource round;
            lock (_gate)
            {
                if (_waiting.Count == 0)
                {
                    _isSending = false;
                    return;
                }

                (partitions, _waiting) = (_waiting, []);
                (round, _next) = (_next, NewRound());
            }

            try
            {
                await queue.SendAsync([.. partitions.Select(partition => new LogWork(partition.Cluster, partition.Resource))], _ending.Token);
                round.SetResult();
            }
            // Whatever it is: the sender goes on, or nothing would be announced any more.
            catch (Exception e)
            {
                Volatile.Write(ref _awayUntil, (time.GetUtcNow() + Rest).UtcTicks);
                lock (_gate)
                    _waiting.UnionWith(partitions);
                round.SetResult();
                if (_ending.IsCancellationRequested)
                    return;
                LogAway(logger, e);
                await Task.Delay(Rest, time, _ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (_ending.IsCancellationRequested)
                    return;
            }
        }
    }

    private static TaskCompletionSource NewRound() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(30, LogLevel.Warning, "the work queue can't be reached; what is committed meanwhile is announced later")]
    private static partial void LogAway(ILogger logger, Exception error);
}
