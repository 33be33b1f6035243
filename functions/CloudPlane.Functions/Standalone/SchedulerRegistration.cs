using CloudPlane.Client;
using CloudPlane.Controllers;
using CloudPlane.Scheduling;

namespace CloudPlane.Functions;

/// <summary>
/// The scheduler as a controller of the bus. It has a shard of its own and takes one pod at a time, so that two decisions never count on
/// the same free room; changes of pods and nodes wake the pods that they concern.
/// </summary>
internal static class SchedulerRegistration
{
    public static ControllerRegistration Of(Scheduler scheduler) => new(scheduler,
    [
        ControllerInput.OnAsync<Pod>(async (change, cancellationToken) =>
            Names(await scheduler.AffectedAsync(change.Previous, change.Current, cancellationToken))),
        ControllerInput.OnAsync<Node>(async (change, cancellationToken) =>
            Names(await scheduler.AffectedAsync(change.Previous, change.Current, cancellationToken))),
    ])
    {
        Concurrency = 1,
    };

    private static IEnumerable<ObjectName> Names(IReadOnlyList<ReconcileKey> keys) => keys.Select(key => new ObjectName(key.Namespace, key.Name));
}
