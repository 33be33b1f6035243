using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>A reconciler and how many of its keys may be worked on at once.</summary>
public sealed record BusSubscription(IReconciler Reconciler, int Concurrency);

/// <summary>A reconcile that threw. The key is retried after <paramref name="RetryAfter"/>.</summary>
public sealed record ReconcileFailure(string Controller, ReconcileKey Key, Exception Error, TimeSpan RetryAfter);

/// <summary>The bus of a single process: one keyed queue per controller, worked off by that controller's own workers.</summary>
public sealed class InProcessBus : IMessageBus, IDisposable
{
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time;
    private readonly Action<ReconcileFailure> _onFailure;
    private readonly Dictionary<string, Lane> _lanes;

    /// <param name="onFailure">Told of every failed reconcile except lost races; for the log.</param>
    public InProcessBus(IEnumerable<BusSubscription> subscriptions, TimeProvider time, Random random, Action<ReconcileFailure> onFailure)
    {
        _time = time;
        _onFailure = onFailure;
        _lanes = subscriptions.ToDictionary(
            subscription => subscription.Reconciler.Name,
            subscription => new Lane(subscription, new KeyedWorkQueue(time), new RetryDelays(new Random(random.Next()))));
    }

    /// <summary>Whether a key is waiting for a worker or in work right now (delayed keys don't count).</summary>
    public bool IsBusy => _lanes.Values.Any(lane => lane.Queue.IsBusy);

    /// <inheritdoc/>
    public ValueTask SendAsync(ReconcileMessage message, TimeSpan delay, CancellationToken cancellationToken)
    {
        if (!_lanes.TryGetValue(message.Controller, out var lane))
        {
            throw new ArgumentException($"no controller named {message.Controller} is on this bus", nameof(message));
        }
        lane.Queue.AddAfter(message.Key, delay);
        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Works until cancelled; then takes no new key and returns when the running reconciles have ended (they are cancelled after 5 s).
    /// What was left undone is found again by the resync of the next start.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var hardStop = new CancellationTokenSource();
        var workers = _lanes.Values
            .SelectMany(lane => Enumerable.Range(0, lane.Subscription.Concurrency)
                .Select(_ => Task.Run(() => WorkAsync(lane, cancellationToken, hardStop.Token), CancellationToken.None)))
            .ToArray();
        await Task.WhenAny(Task.WhenAll(workers), UntilCancelledAsync(cancellationToken)).ConfigureAwait(false);
        using var grace = new CancellationTokenSource(StopGrace, _time);
        await using var link = grace.Token.Register(hardStop.Cancel);
        await Task.WhenAll(workers).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var lane in _lanes.Values)
        {
            lane.Queue.Dispose();
        }
    }

    private static async Task UntilCancelledAsync(CancellationToken cancellationToken)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = cancellationToken.Register(stopped.SetResult);
        await stopped.Task.ConfigureAwait(false);
    }

    private async Task WorkAsync(Lane lane, CancellationToken stop, CancellationToken hardStop)
    {
        while (!stop.IsCancellationRequested)
        {
            ReconcileKey key;
            try
            {
                key = await lane.Queue.TakeAsync(stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            try
            {
                await ReconcileAsync(lane, key, hardStop).ConfigureAwait(false);
            }
            finally
            {
                lane.Queue.Complete(key);
            }
        }
    }

    private async Task ReconcileAsync(Lane lane, ReconcileKey key, CancellationToken cancellationToken)
    {
        TimeSpan? wanted = null;
        try
        {
            var result = await lane.Subscription.Reconciler.ReconcileAsync(key, cancellationToken).ConfigureAwait(false);
            wanted = result.RequeueAfter;
            result.Failure?.Throw();
            lane.Retries.Forget(key);
            if (wanted is { } delay)
            {
                lane.Queue.AddAfter(key, delay);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        // A bug in one reconciler must not take the others down: whatever it threw, the key comes back later.
        catch (Exception error)
        {
            var conflict = error is ApiException { IsConflict: true };
            var delay = lane.Retries.Next(key, conflict);
            delay = wanted < delay ? wanted.Value : delay;
            if (!conflict)
            {
                _onFailure(new ReconcileFailure(lane.Subscription.Reconciler.Name, key, error, delay));
            }
            lane.Queue.AddAfter(key, delay);
        }
    }

    private sealed record Lane(BusSubscription Subscription, KeyedWorkQueue Queue, RetryDelays Retries);
}
