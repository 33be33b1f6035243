using CloudPlane.Client;

namespace CloudPlane.Controllers;

internal static class EventsAbout
{
    public static Task NormalAsync<T>(this EventRecorder events, T about, string reason, string message, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<T> => events.NormalAsync(ObjectReferences.To(about), reason, message, cancellationToken);

    public static Task WarningAsync<T>(this EventRecorder events, T about, string reason, string message, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<T> => events.WarningAsync(ObjectReferences.To(about), reason, message, cancellationToken);
}
