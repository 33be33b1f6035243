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

    /// <exception cref="FormatException">The envelope is none, or nothing in it is a message of ours.</exception>
    public async Task RunAsync(JsonElement envelope, CancellationToken cancellationToken)
    {
        var payloads = TriggerEnvelope.Payloads(envelope, Binding);
        var (messages, poison) = Decode(payloads);
        if (poison.Count > 0 && messages.Count == 0)
            throw new FormatException($"no message of the batch can be read: {poison[0].Error}");
        foreach (var cluster in messages.GroupBy(message => message.Cluster))
            await RunAsync(cluster.Key, [.. cluster], TriggerEnvelope.ComesAgain(envelope), cancellationToken);
        // Readable ones are done, and would only be done again until the unreadable one has been given up.
        if (poison.Count > 0)
            throw new FormatException($"{poison.Count} of {payloads.Count} messages can't be read: {poison[0].Error}");
    }

    /// <summary>Works off messages of one cluster; for tests and simulation, which have no envelope.</summary>
    /// <param name="comesAgain">Whether any of them was delivered before, and not completed.</param>
    internal async Task RunAsync(string cluster, IReadOnlyList<WorkMessage> messages, bool comesAgain, CancellationToken cancellationToken)
    {
        try
        {
            await RunAsync(clusters.Of(cluster), messages, comesAgain, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
        }
        catch (ClusterNotFoundException)
        {
            clusters.Forget(cluster);
            LogNoCluster(logger, messages.Count, cluster);
        }
    }

    private async Task RunAsync(ClusterWork cluster, IReadOnlyList<WorkMessage> messages, bool comesAgain, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(MostTime, time);
        if (messages.Any(message => message is SeedWork { Full: true }))
            await cluster.SeedAsync(cancellationToken);
        else if (messages.Any(message => message is SeedWork))
            await cluster.SeedNodesAsync(cancellationToken);
        if (messages.Any(message => message is CompactionWork or SeedWork { Full: true }))
            await cluster.CompactAsync(cancellationToken);
        var logs = (await LogsAsync(cluster, messages, cancellationToken)).Select(log => log.GetAsyncEnumerator(cancellationToken)).ToList();
        try
        {
            await WorkOffAsync(cluster, messages, logs, comesAgain, limit.Token, cancellationToken);
        }
        finally
        {
            foreach (var log in logs)
                await log.DisposeAsync();
        }
    }

    /// <summary>The logs that the messages want carried. A sweep carries all of them, from further back.</summary>
    private static async Task<IReadOnlyList<IAsyncEnumerable<IReadOnlyList<KeyWork>>>> LogsAsync(
        ClusterWork cluster, IReadOnlyList<WorkMessage> messages, CancellationToken cancellationToken) =>
        messages.Any(message => message is SweepWork or SeedWork)
            ? await cluster.SweepAsync(cancellationToken)
            : [.. messages.OfType<LogWork>().Distinct().Select(log => cluster.CarryAsync(log.Resource, cancellationToken))];

    /// <summary>
    /// Page by page of all logs at once, so that a key which several of them concern is looked at once. What follows is sent before the logs'
    /// cursors move on.
    /// </summary>
    private async Task WorkOffAsync(
        ClusterWork cluster, IReadOnlyList<WorkMessage> messages, List<IAsyncEnumerator<IReadOnlyList<KeyWork>>> logs, bool comesAgain,
        CancellationToken limit, CancellationToken cancellationToken)
    {
        List<KeyWork> named = [.. messages.OfType<KeyWork>()];
        while (true)
        {
            var hasMore = await Task.WhenAll(logs.Select(log => log.MoveNextAsync().AsTask()));
            List<KeyWork> concerned = [.. logs.Where((_, i) => hasMore[i]).SelectMany(log => log.Current)];
            if (!Array.Exists(hasMore, more => more) && named.Count == 0)
                return;
            if (limit.IsCancellationRequested)
            {
                await queue.SendAsync([.. messages.Where(message => message is LogWork or SweepWork or SeedWork).Select(Rest).Distinct()], cancellationToken);
                return;
            }

            // One of the keys may be what the process died of: each in a message of its own, the others get away from it.
            List<WorkMessage> follow = comesAgain ? [.. concerned] : [];
            follow.AddRange(await ReconcileAsync(cluster, Coalesce(comesAgain ? named : [.. named, .. concerned]), limit, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            if (follow.Count > 0)
                await queue.SendAsync(follow, cancellationToken);
            named.Clear();
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
                // Not this key's fault, and not a failure: another invocation has time for it.
                return key with { Due = null };
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
