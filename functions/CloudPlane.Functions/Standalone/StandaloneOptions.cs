using System.Net;

namespace CloudPlane.Functions;

/// <summary>What the standalone control plane was told to do. Checked whole when it is read; immutable.</summary>
internal sealed record StandaloneOptions
{
    /// <summary>Keys, certificates, state, the administrator's kubeconfig.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Where the API listens; the first is the one that the kubeconfig names.</summary>
    public required IReadOnlyList<IPEndPoint> Listen { get; init; }

    /// <summary>Further names of the server's certificate.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Where state is kept.</summary>
    public required StoreSelection Store { get; init; }

    /// <summary>The pods' network.</summary>
    public required IPNetwork PodNetwork { get; init; }

    /// <summary>A node whose Lease is older than this counts as lost.</summary>
    public required TimeSpan NodeGrace { get; init; }

    /// <summary>By which the kubeconfig's clients, who are on this machine, reach the API.</summary>
    public string Server => $"https://{ListenAddresses.Here(Listen[0])}";

    public string KubeconfigPath => Path.Combine(DataDirectory, "admin.kubeconfig");

    /// <exception cref="SettingsException">A value is wrong; says which and what would be right.</exception>
    public static StandaloneOptions From(Settings settings) => new()
    {
        DataDirectory = Path.GetFullPath(settings.Get("data")),
        Listen = ListenAddresses.Parse(settings.Get("listen")),
        Names = ParseNames(settings.Find("tls-san") ?? ""),
        Store = StoreSelection.From(settings),
        PodNetwork = PodNetworkSetting.Parse("--pod-cidr", settings.Get("pod-cidr")),
        NodeGrace = settings.GetDuration("node-grace"),
    };

    private static string[] ParseNames(string text)
    {
        var names = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return Array.Find(names, name => Uri.CheckHostName(name) == UriHostNameType.Unknown) is { } wrong
            ? throw new SettingsException($"--tls-san: \"{wrong}\" is no host name or address")
            : names;
    }
}
