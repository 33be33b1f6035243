using Azure.Core;
using Azure.Core.Pipeline;

namespace CloudPlane.Functions;

/// <summary>Which namespace, as whom, and how patiently.</summary>
internal sealed record ServiceBusOptions
{
    /// <summary>The namespace's address, e.g. https://NS.servicebus.windows.net; anything after the host is ignored.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>A rule of the namespace; null to use <see cref="Credential"/>.</summary>
    public SasKey? Key { get; init; }

    /// <summary>An Entra identity with a Service Bus role; needs an https endpoint.</summary>
    public TokenCredential? Credential { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Source of the jitter between tries.</summary>
    public Random Random { get; init; } = Random.Shared;

    /// <summary>How often a request is sent at most. Default 5.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>Longest wait before the second try; doubles from try to try. Default 0.4 s.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(0.4);

    /// <summary>Longest wait between two tries, whatever the service asks for. Default 10 s.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long one try may take, apart from the wait that a receive asks for. Default 20 s.</summary>
    public TimeSpan TryTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Carries the requests; null for the client's own connections.</summary>
    public HttpPipelineTransport? Transport { get; init; }
}
