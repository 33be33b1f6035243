using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>One wake-up: which controller is to look at which key. <paramref name="Revision"/> is the change that caused it, 0 for none.</summary>
public readonly record struct ReconcileMessage(string Controller, ReconcileKey Key, long Revision);

/// <summary>
/// Carries wake-ups to reconcilers. A message arrives at least once, in no particular order and maybe late; one key of one controller is
/// never worked on twice at once by one bus, and messages for a key that waits already are merged into one.
/// </summary>
public interface IMessageBus
{
    /// <summary>Delivers the message after <paramref name="delay"/> (zero: as soon as there is room). Of several delays for a key the shortest counts.</summary>
    ValueTask SendAsync(ReconcileMessage message, TimeSpan delay, CancellationToken cancellationToken);
}
