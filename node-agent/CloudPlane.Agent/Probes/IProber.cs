using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>Whom to probe: a running container at an address.</summary>
internal sealed record ProbeTarget(string ContainerId, Container Container, string Address);

/// <summary>Carries out probes.</summary>
internal interface IProber
{
    /// <summary>Never fails but by the token: what goes wrong is the outcome.</summary>
    Task<ProbeOutcome> ProbeAsync(ProbeTarget target, Probe probe, CancellationToken cancellationToken);
}
