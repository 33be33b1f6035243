using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using CloudPlane.Client;
using CloudPlane.Storage;
using Microsoft.Extensions.Logging;

namespace CloudPlane.Functions;

/// <summary>
/// The function behind the queue <c>work</c>: takes a batch of one session, carries the logs that have grown, works off each key that is
/// concerned or named once, and sends what follows from it.
/// The batch is completed as a whole when this returns; when it throws, all of it comes again.
/// </summary>
internal sealed partial class WorkFunction(ClusterWorks clusters, IWorkQueue queue, TimeProvider time, Random random, ILogger logger)
{
    private const string Binding = "messages";

    // The lock of a session lasts five minutes from when an instance took it, and the host renews it for no function that takes batches. What a
    // batch does after that may be done twice at once, which reconcilers bear; so that it is little, and other clusters have their turn, none
    // goes on for long.
    private static readonly TimeSpan MostTime = WorkMessage.Turn;

    // A batch that came that often in vain, of the queue's ten times, may have a key of which its process dies. From then on each key goes into a
    // session of its own, where it is met alone. It is slow, a second for each; a service that was away for a moment should not cost that.
    private const int DeliveriesTogether = 3;

    /// <exception cref="FormatException">The envelope is none, or nothing in it is a message of ours.</exception>
    public async Task RunAsync(JsonElement envelope, CancellationToken cancellationToken)
    {
        var payloads = TriggerEnvelope.Payloads(envelope, Binding);
        var (messages, poison) = Decode(payloads);
        if (poison.Count > 0 && messages.Count == 0)
            throw new FormatException($"no message of the batch can be read: {poison[0].Error}");
        var deliveries = TriggerEnvelope.Deliveries(envelope);
        foreach (var cluster in messages.GroupBy(message => message.Cluster))
            await RunAsync(cluster.Key, [.. cluster], deliveries, cancellationToken);
        // Readable ones are done, and would only be done again until the unreadable one has been given up.
        if (poison.Count > 0)
            throw new FormatException($"{poison.Count} of {payloads.Count} messages can't be read: {poison[0].Error}");
    }

    /// <summary>Works off messages of one cluster; for tests and simulation, which have no envelope.</summary>
    /// <param name="deliveries">How often the one that came most often has been delivered.</param>
    internal async Task RunAsync(string cluster, IReadOnlyList<WorkMessage> messages, int deliveries, CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(clusters.Of(cluster), messages, deliveries > DeliveriesTogether, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
        }
        catch (ClusterNotFoundException)
        {
            clusters.Forget(cluster);
            LogNoCluster(logger, messages.Count, cluster);
        }
    }

    private async Task RunAsync(ClusterWork cluster, IReadOnlyList<WorkMessage> messages, bool apart, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(MostTime, time);
        if (messages.Any(message => message is SeedWork { Full: true }))
            await cluster.SeedAsync(cancellationToken);
        else if (messages.Any(message => message is SeedWork))
            await cluster.SeedNodesAsync(cancellationToken);
        var logs = await LogsAsync(cluster, messages, cancellationToken);
        await WorkOffAsync(cluster, messages, logs, apart, limit.Token, cancellationToken);
        if (messages.Any(message => message is CompactionWork or SeedWork { Full: true }))
            await cluster.CompactAsync(cancellationToken);
    }

    /// <summary>The logs that the messages want carried. A sweep carries all of them, from further back.</summary>
    private static async Task<IReadOnlyList<LogCarrier>> LogsAsync(ClusterWork cluster, IReadOnlyList<WorkMessage> messages, CancellationToken cancellationToken)
    {
        if (messages.Any(message => message is SweepWork or SeedWork))
            return await cluster.SweepAsync(cancellationToken);
        var logs = await Task.WhenAll(messages.OfType<LogWork>().Distinct().Select(log => cluster.CarryAsync(log.Resource, cancellationToken)));
        return [.. logs.OfType<LogCarrier>()];
    }

    /// <summary>
    /// Page by page of all logs at once, so that a key which several of them concern is looked at once. What follows from a page is sent before
    /// its log's cursor moves on.
    /// </summary>
    /// <param name="apart">Whether each key is to go into a session of its own, instead of being looked at beside others.</param>
    private async Task WorkOffAsync(
        ClusterWork cluster, IReadOnlyList<WorkMessage> messages, IReadOnlyList<LogCarrier> logs, bool apart, CancellationToken limit, CancellationToken cancellationToken)
    {
        List<KeyWork> keys = [.. messages.OfType<KeyWork>()];
        var failures = new ConcurrentQueue<Exception>();
        while (logs.Count > 0 || keys.Count > 0)
        {
            var pages = await Task.WhenAll(logs.Select(log => ReadAsync(log, failures, cancellationToken)));
            keys.AddRange(pages.SelectMany(page => page?.Keys ?? []));
            if (pages.Any(page => page is { IsExpired: true }))
                await cluster.StartAnewAsync(cancellationToken);
            // Once there is no time left, this only makes messages of them: no page is read in vain.
            var follow = apart && (keys.Count > 1 || logs.Count > 0)
                ? [.. keys.Select(key => key with { IsApart = true, Due = null })]
                : await ReconcileAsync(cluster, Coalesce(keys), limit, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            if (follow.Count > 0)
                await queue.SendAsync(follow, cancellationToken);
            keys.Clear();
            logs = [.. logs.Where((_, i) => pages[i] is not null)];
            await Task.WhenAll(logs.Select(log => log.CommitAsync(cancellationToken)));
            if (logs.Count > 0 && limit.IsCancellationRequested)
            {
                await queue.SendAsync([.. messages.Where(message => message is LogWork or SweepWork or SeedWork).Select(Rest).Distinct()], cancellationToken);
                break;
            }
        }

        // Only now: one log that can't be read keeps no other from being carried.
        if (failures.TryDequeue(out var failure))
            ExceptionDispatchInfo.Throw(failure);
    }

    private static async Task<LogPage?> ReadAsync(LogCarrier log, ConcurrentQueue<Exception> failures, CancellationToken cancellationToken)
    {
        try
        {
            return await log.ReadAsync(cancellationToken);
        }
        catch (Exception e) when (e is not (OperationCanceledException or ClusterNotFoundException))
        {
            failures.Enqueue(e);
            return null;
        }
    }

    /// <summary>What is left of a message whose invocation has no more time: a seeding has been done but for its sweep.</summary>
    private static WorkMessage Rest(WorkMessage message) => message is LogWork ? message with { Due = null } : new SweepWork(message.Cluster);

    private static (List<WorkMessage> Messages, List<(string Text, string Error)> Poison) Decode(IReadOnlyList<TriggerPayload> payloads)
    {
        var messages = new List<WorkMessage>();
        var poison = new List<(string Text, string Error)>();
        foreach (var payload in payloads)
        {
            try
            {
                messages.Add(WorkCodec.Decode(payload.Json ?? throw new FormatException("the body is not JSON")));
            }
            catch (FormatException e)
            {
                poison.Add((payload.Text, e.Message));
            }
        }

        return (messages, poison);
    }

    /// <summary>Each key once. A change starts a key's count of failures anew: the smallest attempt counts.</summary>
    private static List<KeyWork> Coalesce(IReadOnlyList<KeyWork> keys) =>
        [.. keys.GroupBy(key => (key.Controller, key.Namespace, key.Name)).Select(group => group.MinBy(key => key.Attempt)!)];

    private async Task<List<WorkMessage>> ReconcileAsync(
        ClusterWork cluster, List<KeyWork> keys, CancellationToken limit, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit, cancellationToken);
        var follow = new List<WorkMessage>();
        await Task.WhenAll(keys.GroupBy(key => key.Controller).Select(ReconcileAllAsync));
        return follow;

        async Task ReconcileAllAsync(IGrouping<string, KeyWork> group)
        {
            if (cluster.Registration(group.Key) is not { } registration)
            {
                // Of another version of this program: its own instances know it, or nobody does any more.
                LogNoController(logger, group.Key, group.Count());
                return;
            }

            var options = new ParallelOptions { MaxDegreeOfParallelism = registration.Concurrency };
            await Parallel.ForEachAsync(group, options, async (key, _) =>
            {
                var next = await ReconcileAsync(registration.Reconciler, key, limit, either.Token);
                if (next is null)
                    return;
                lock (follow)
                    follow.Add(next);
            });
        }
    }

    /// <summary>One look at one key; returns the message that brings it back, if it is to come back.</summary>
    private async Task<KeyWork?> ReconcileAsync(IReconciler reconciler, KeyWork key, CancellationToken limit, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        for (var race = 0; ; race++)
        {
            TimeSpan? wanted = null;
            try
            {
                var result = await reconciler.ReconcileAsync(new ReconcileKey(key.Cluster, key.Namespace, key.Name), cancellationToken);
                wanted = result.RequeueAfter;
                result.Failure?.Throw();
                return wanted is { } delay ? key with { Attempt = 0, Due = Grid.After(time.GetUtcNow(), delay) } : null;
            }
            // A lost race needs a fresh look, not rest; whoever keeps losing lets the others finish.
            catch (ApiException e) when (e.IsConflict && race < Backoff.RacesAtOnce)
            {
            }
            catch (OperationCanceledException) when (limit.IsCancellationRequested)
            {
                // Another invocation has time for it. One that took most of the time itself counts as a failure, or it would come at once for ever.
                return time.GetElapsedTime(start) < MostTime / 2
                    ? key with { Due = null }
                    : key with { Attempt = key.Attempt + 1, Due = Grid.After(time.GetUtcNow(), Backoff.After(key.Attempt, random)) };
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // The invocation was given up: all of its messages come again.
                return null;
            }
            catch (ClusterNotFoundException)
            {
                throw;
            }
            // A bug in one reconciler must not take the others down: whatever it threw, the key comes back later.
            catch (Exception e)
            {
                var delay = Backoff.After(key.Attempt, random);
                delay = wanted < delay ? wanted.Value : delay;
                if (e is not ApiException { IsConflict: true })
                    LogFailure(logger, key.Controller, key.Namespace, key.Name, delay, e);
                return key with { Attempt = key.Attempt + 1, Due = Grid.After(time.GetUtcNow(), delay) };
            }
        }
    }

    [LoggerMessage(21, LogLevel.Warning, "{Controller} failed on {Namespace}/{Name}, again in {Delay}")]
    private static partial void LogFailure(ILogger logger, string controller, string @namespace, string name, TimeSpan delay, Exception error);

    [LoggerMessage(22, LogLevel.Warning, "{Count} messages for controller {Controller}, which is not here, were dropped")]
    private static partial void LogNoController(ILogger logger, string controller, int count);

    [LoggerMessage(23, LogLevel.Information, "{Count} messages for cluster {Cluster}, which is gone, were dropped")]
    private static partial void LogNoCluster(ILogger logger, int count, string cluster);
}
