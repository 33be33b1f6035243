namespace CloudPlane.Client;

/// <summary>How to reach an API server.</summary>
public sealed record HttpApiTransportOptions
{
    /// <summary>Its address, e.g. https://10.0.0.1:6443.</summary>
    public required Uri Server { get; init; }

    /// <summary>The PEM file whose certificates are the only ones trusted; null trusts the system's.</summary>
    public string? CaFile { get; init; }

    /// <summary>Whether the system's proxy (HTTPS_PROXY, NO_PROXY) is used. A node's own network rarely lies behind it.</summary>
    public bool UseProxy { get; init; }

    /// <summary>Gives the bearer token of each call (it may change); null for none.</summary>
    public Func<CancellationToken, ValueTask<string?>>? BearerToken { get; init; }

    /// <summary>How long a unary call may take.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long connecting may take.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How often an HTTP/2 connection with open calls is pinged, so that a watch over a dead connection ends: two of these without an answer.
    /// </summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(15);
}
