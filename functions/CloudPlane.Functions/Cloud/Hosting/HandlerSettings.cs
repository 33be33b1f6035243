using System.Globalization;
using System.Net;
using CloudPlane.Storage;

namespace CloudPlane.Functions;

/// <summary>
/// The app settings of the handler form, all read and checked before anything starts: a wrong one is told by its name, not by a request
/// that fails later.
/// </summary>
internal sealed record HandlerSettings
{
    /// <summary>Set by the Functions host; its presence chooses this form.</summary>
    public const string PortVariable = "FUNCTIONS_CUSTOMHANDLER_PORT";

    private const int LongestHeartbeatMinutes = 60;

    /// <summary>The port on loopback that the host forwards to.</summary>
    public required int Port { get; init; }

    /// <summary>The table service's endpoint; with the account in the path where it is Azurite's.</summary>
    public required Uri TablesEndpoint { get; init; }

    /// <summary>"account:key" for SharedKey; null for the app's identity.</summary>
    public TablesAccountKey? TablesKey { get; init; }

    /// <summary>The Service Bus namespace.</summary>
    public required Uri BusEndpoint { get; init; }

    /// <summary>A rule of the namespace with its key; null for the app's identity.</summary>
    public SasKey? BusKey { get; init; }

    /// <summary>What all keys are derived from.</summary>
    public required MasterSecret Secret { get; init; }

    /// <summary>Where clients and agents reach this deployment.</summary>
    public required Uri PublicUrl { get; init; }

    /// <summary>Of Application Insights; null where there is none.</summary>
    public string? InsightsConnection { get; init; }

    /// <summary>How often nodes renew their Lease.</summary>
    public required TimeSpan Heartbeat { get; init; }

    /// <summary>A node whose Lease is older than this counts as lost.</summary>
    public required TimeSpan NodeGrace { get; init; }

    /// <summary>The network that the pods of a cluster share; each cluster's is the same.</summary>
    public required IPNetwork PodNetwork { get; init; }

    /// <exception cref="SettingsException">A setting is missing or wrong; names it, says what would be right, and repeats no secret.</exception>
    public static HandlerSettings Read(Func<string, string?> environment)
    {
        string? Find(string name) => environment(name) is { Length: > 0 } value ? value : null;
        string Get(string name, string what) => Find(name) ?? throw new SettingsException($"the app setting {name} is missing: {what}");

        var port = Get(PortVariable, "the Functions host sets it");
        var settings = new HandlerSettings
        {
            Port = int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 65535
                ? number
                : throw new SettingsException($"{PortVariable}: \"{port}\" is no port"),
            TablesEndpoint = ParseUrl("CLOUDPLANE_TABLES_ENDPOINT", Get("CLOUDPLANE_TABLES_ENDPOINT", "the table service, e.g. https://ACCOUNT.table.core.windows.net")),
            TablesKey = Find("CLOUDPLANE_TABLES_KEY") is { } account ? Parse("CLOUDPLANE_TABLES_KEY", account, TablesAccountKey.Parse) : null,
            BusEndpoint = ParseUrl("CLOUDPLANE_BUS_ENDPOINT", Get("CLOUDPLANE_BUS_ENDPOINT", "the Service Bus namespace, e.g. https://NAMESPACE.servicebus.windows.net")),
            BusKey = Find("CLOUDPLANE_BUS_KEY") is { } key ? Parse("CLOUDPLANE_BUS_KEY", key, SasKey.Parse) : null,
            Secret = Parse("CLOUDPLANE_SIGNING_KEY", Get("CLOUDPLANE_SIGNING_KEY", "the deployment's secret, at least 32 random bytes as base64"), MasterSecret.Parse),
            PublicUrl = ParseUrl("CLOUDPLANE_PUBLIC_URL", Get("CLOUDPLANE_PUBLIC_URL", "where clients reach this deployment, e.g. https://APP.azurewebsites.net")),
            InsightsConnection = Find(InsightsMetrics.ConnectionVariable),
            Heartbeat = ParseDuration("CLOUDPLANE_HEARTBEAT", Find("CLOUDPLANE_HEARTBEAT") ?? "5m"),
            NodeGrace = ParseDuration("CLOUDPLANE_NODE_GRACE", Find("CLOUDPLANE_NODE_GRACE") ?? "12m"),
            PodNetwork = PodNetworkSetting.Parse("CLOUDPLANE_POD_CIDR", Find("CLOUDPLANE_POD_CIDR") ?? PodNetworkSetting.Default),
        };
        settings.Check();
        return settings;
    }

    // A record would print its secrets.
    public override string ToString() => $"port {Port}, tables at {TablesEndpoint.Host}, bus at {BusEndpoint.Host}";

    private void Check()
    {
        if (Heartbeat > TimeSpan.FromMinutes(LongestHeartbeatMinutes))
            throw new SettingsException($"CLOUDPLANE_HEARTBEAT: at most {LongestHeartbeatMinutes}m");
        // One renewal may be late or lost without a node being given up.
        if (NodeGrace < Heartbeat * 2)
            throw new SettingsException($"CLOUDPLANE_NODE_GRACE: must be at least twice CLOUDPLANE_HEARTBEAT ({Heartbeat.TotalSeconds:0}s)");
    }

    private static Uri ParseUrl(string name, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw new SettingsException($"{name}: \"{text}\" is no http or https address");

    private static TimeSpan ParseDuration(string name, string text) =>
        Settings.TryParseDuration(text, out var duration)
            ? duration
            : throw new SettingsException($"{name}: \"{text}\" is not a duration; write e.g. 90s, 5m or 1h");

    private static T Parse<T>(string name, string text, Func<string, T> parse)
    {
        try
        {
            return parse(text);
        }
        catch (FormatException e)
        {
            throw new SettingsException($"{name}: {e.Message}");
        }
    }
}
