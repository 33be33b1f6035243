namespace CloudPlane.Api;

/// <summary>How an <see cref="ApiServer"/> presents itself. Checked whole by its constructor.</summary>
public sealed record ApiServerOptions
{
    /// <summary>The IPv4 address at which pods reach the API: the endpoint of the <c>kubernetes</c> service. Null makes no endpoint.</summary>
    public string? AdvertiseAddress { get; init; }

    /// <summary>The port at <see cref="AdvertiseAddress"/>.</summary>
    public int AdvertisePort { get; init; } = 6443;

    /// <summary>First two bytes of the service network, which is always a /16.</summary>
    public string ServiceNetworkPrefix { get; init; } = "10.96";

    /// <summary>How long a node's token lasts; the agent renews it long before.</summary>
    public TimeSpan NodeTokenLifetime { get; init; } = TimeSpan.FromHours(24);

    /// <summary>How long a watch without timeoutSeconds lasts at least; the actual time is random up to twice as long, as in Kubernetes.</summary>
    public TimeSpan MinWatchLifetime { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How often a watch that asked for bookmarks gets one.</summary>
    public TimeSpan BookmarkInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest that a watch or a followed log may last, where whoever carries it cuts it off; null for no limit.</summary>
    public TimeSpan? MaxStreamLifetime { get; init; }

    /// <summary>
    /// How often a silent watch gets an empty line, which every client skips, and one at its start; null for never. For proxies that cut silent
    /// connections, and that hold back an answer's headers until its first byte.
    /// </summary>
    public TimeSpan? WatchKeepAlive { get; init; }

    /// <summary>How long a read waits for a revision that has not happened yet before it answers 504.</summary>
    public TimeSpan FreshnessTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How often a silent node tunnel gets an empty line.</summary>
    public TimeSpan TunnelKeepAlive { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a node may take to begin its answer to a stream request.</summary>
    public TimeSpan StreamTimeout { get; init; } = TimeSpan.FromSeconds(30);

    internal void Check()
    {
        if (AdvertiseAddress is not null && !System.Net.IPAddress.TryParse(AdvertiseAddress, out _))
            throw new ArgumentException($"AdvertiseAddress: {AdvertiseAddress} is no IP address");
        if (AdvertisePort is < 1 or > 65535)
            throw new ArgumentException($"AdvertisePort: {AdvertisePort} is not in 1-65535");
        if (!System.Net.IPAddress.TryParse($"{ServiceNetworkPrefix}.0.0", out _))
            throw new ArgumentException($"ServiceNetworkPrefix: {ServiceNetworkPrefix} is not the first two bytes of an IPv4 network");
    }
}
