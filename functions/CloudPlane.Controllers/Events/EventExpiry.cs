using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>Deletes events an hour after they were last seen, in sweeps: a message per event would cost more than the event.</summary>
internal sealed class EventExpiry(ApiClient api, Replicas replicas, TimeProvider time, TimeSpan lifetime) : IReconciler
{
    private static readonly TimeSpan BetweenSweeps = TimeSpan.FromMinutes(5);

    // Droppable: forgetting it costs one sweep too many.
    private DateTimeOffset _nextSweep = DateTimeOffset.MinValue;

    /// <inheritdoc/>
    public string Name => "event-expiry-controller";

    public IReadOnlyList<ControllerInput> Inputs =>
        [ControllerInput.On<Event>(change => change.Previous is null ? [new ObjectName("", "sweep")] : [])];

    /// <inheritdoc/>
    public async ValueTask<ReconcileResult> ReconcileAsync(ReconcileKey key, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (now < _nextSweep)
        {
            return ReconcileResult.After(_nextSweep - now);
        }
        var events = await replicas.SyncAsync<Event>(cancellationToken).ConfigureAwait(false);
        var left = events.Count;
        foreach (var expired in events.All.Where(value => LastSeen(value) + lifetime <= now))
        {
            await DeleteAsync(expired, cancellationToken).ConfigureAwait(false);
            left--;
        }
        _nextSweep = now + BetweenSweeps;
        return left > 0 ? ReconcileResult.After(BetweenSweeps) : ReconcileResult.Done;
    }

    private static DateTimeOffset LastSeen(Event value)
    {
        DateTimeOffset?[] times = [value.Metadata.CreationTimestamp, value.LastTimestamp, value.EventTime, value.Series?.LastObservedTime];
        return times.Max() ?? DateTimeOffset.MinValue;
    }

    private async Task DeleteAsync(Event expired, CancellationToken cancellationToken)
    {
        // It may be counted up just now: then it lives on.
        var unchanged = new DeleteOptions { Preconditions = new Preconditions { ResourceVersion = expired.Metadata.ResourceVersion } };
        try
        {
            await api.DeleteAsync<Event>(expired.Metadata.Namespace!, expired.Metadata.Name!, unchanged, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException gone) when (gone.IsNotFound || gone.IsConflict)
        {
        }
    }
}
