namespace CloudPlane.Doubles;

/// <summary>What host.json says.</summary>
internal sealed record HostJson
{
    /// <summary>Absolute.</summary>
    public required string Executable { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>Absolute.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>Before every HTTP route; the host's default is "api".</summary>
    public string RoutePrefix { get; init; } = "api";

    /// <summary>Null for unbounded; 30 minutes is Flex Consumption's default.</summary>
    public TimeSpan? FunctionTimeout { get; init; } = TimeSpan.FromMinutes(30);

    public ServiceBusSettings ServiceBus { get; init; } = new();
}

/// <summary>What of extensions.serviceBus in host.json concerns functions that take batches of a session's messages, with the extension's defaults.</summary>
internal sealed record ServiceBusSettings
{
    public int MaxMessageBatchSize { get; init; } = 1000;

    /// <summary>How long a session without messages keeps its instance; by default the client's try timeout.</summary>
    public TimeSpan SessionIdleTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
