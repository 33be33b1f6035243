using CloudPlane.Client;
using CloudPlane.Controllers;
using CloudPlane.Scheduling;

namespace CloudPlane.Functions;

/// <summary>
/// The scheduler as a controller of the bus. It decides one pod at a time by itself, so that two decisions never count on the same free
/// room, and writes bindings side by side; changes of pods and nodes wake the pods that they concern.
/// </summary>
internal static class SchedulerRegistration
{
    public static ControllerRegistration Of(Scheduler scheduler) => new(scheduler,
    [
        ControllerInput.OnAsync<Pod>((change, cancellationToken) => scheduler.AffectedAsync(change.Previous, change.Current, cancellationToken)),
        ControllerInput.OnAsync<Node>((change, cancellationToken) => scheduler.AffectedAsync(change.Previous, change.Current, cancellationToken)),
    ])
    {
        Concurrency = 16,
    };
}
