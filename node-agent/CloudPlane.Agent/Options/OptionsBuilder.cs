using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>Makes the options from texts, and says all that is wrong with them.</summary>
internal static partial class OptionsBuilder
{
    private static Uri NoServer => new("https://invalid.invalid");

    /// <param name="joining">Whether a server and a credential are needed.</param>
    public static AgentOptions? Build(bool joining, Func<string, string?> setting, List<string> errors)
    {
        var data = Path.GetFullPath(setting("data") ?? "/var/lib/cloudplane-node");
        var name = setting("name") ?? Environment.MachineName.ToLowerInvariant();
        if (!NodeNamePattern().IsMatch(name) || name.Length > 253)
            errors.Add($"--name: \"{name}\" is no node name: lower case letters, digits, '-' and '.', at most 253");
        var ca = setting("ca");
        if (ca is not null && !File.Exists(ca)) errors.Add($"--ca: {ca} does not exist");
        var options = new AgentOptions
        {
            Server = joining ? Server(setting("server"), errors) : NoServer,
            Token = setting("token")?.Trim(),
            CaFile = ca,
            NodeName = name,
            DataDirectory = data,
            ContainerdSocket = SocketPath(setting("containerd") ?? "/run/containerd/containerd.sock"),
            CniConfDirectory = Path.GetFullPath(setting("cni-conf-dir") ?? Path.Combine(data, "cni/net.d")),
            PodNetwork = PodNetwork(setting("pod-cidr") ?? "10.244.0.0/16", errors),
            Bridge = Bridge(setting("bridge") ?? "cloudplane0", errors),
            PodLogDirectory = Path.GetFullPath(setting("pod-log-dir") ?? Path.Combine(data, "logs")),
            NodeIp = Address("node-ip", setting, errors),
            Labels = Labels(setting("labels"), errors),
            Taints = Taints(setting("taints"), errors),
            ClusterDns = Address("cluster-dns", setting, errors),
            ClusterDomain = setting("cluster-domain") ?? "cluster.local",
            MaxPods = Number("max-pods", setting, 110, errors),
            Verbose = Flag("verbose", setting, errors),
        };
        if (joining && string.IsNullOrEmpty(options.Token) && !File.Exists(options.TokenFile))
            errors.Add(
                $"--token is missing: this node has not joined yet ({options.TokenFile} does not exist); make one with `cloudplane token create`");
        return errors.Count == 0 ? options : null;
    }

    private static Uri Server(string? text, List<string> errors)
    {
        if (string.IsNullOrEmpty(text)) errors.Add("--server is missing: the API server's address, e.g. https://10.0.0.1:6443");
        else if (Uri.TryCreate(text, UriKind.Absolute, out var server) && server.Scheme is "https" or "http" && IsCluster(server))
        {
            // Tokens must not cross a network in the clear.
            if (server.Scheme == "https" || server.IsLoopback) return server;
            errors.Add($"--server: {text} must be https");
        }
        else errors.Add($"--server: \"{text}\" is no address of an API server, e.g. https://10.0.0.1:6443");
        return NoServer;
    }

    /// <summary>The default cluster of a control plane, or one that has a name.</summary>
    private static bool IsCluster(Uri server) =>
        server.Query.Length == 0 && server.Fragment.Length == 0 && server.Segments is ["/"] or ["/", "clusters/", _];

    private static IPNetwork PodNetwork(string text, List<string> errors)
    {
        if (!IPNetwork.TryParse(text, out var network)) errors.Add($"--pod-cidr: \"{text}\" is no network, e.g. 10.244.0.0/16");
        return network;
    }

    private static string Bridge(string text, List<string> errors)
    {
        // IFNAMSIZ is 16, the final zero included.
        if (!DeviceNamePattern().IsMatch(text))
            errors.Add($"--bridge: \"{text}\" is no name of a network device: at most 15 letters, digits, '-', '_' and '.'");
        return text;
    }

    private static string SocketPath(string text) =>
        text.StartsWith("unix://", StringComparison.Ordinal) ? text["unix://".Length..] : Path.GetFullPath(text);

    private static string? Address(string name, Func<string, string?> setting, List<string> errors)
    {
        if (setting(name) is not { Length: > 0 } text) return null;
        if (!IPAddress.TryParse(text, out _)) errors.Add($"--{name}: \"{text}\" is no IP address");
        return text;
    }

    private static int Number(string name, Func<string, string?> setting, int fallback, List<string> errors)
    {
        if (setting(name) is not { Length: > 0 } text) return fallback;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0) return number;
        errors.Add($"--{name}: \"{text}\" is no positive number");
        return fallback;
    }

    private static bool Flag(string name, Func<string, string?> setting, List<string> errors)
    {
        if (setting(name) is not { Length: > 0 } text) return false;
        if (bool.TryParse(text, out var flag)) return flag;
        errors.Add($"--{name}: \"{text}\" is neither true nor false");
        return false;
    }

    private static Dictionary<string, string> Labels(string? text, List<string> errors)
    {
        var labels = new Dictionary<string, string>();
        foreach (var part in Split(text))
        {
            var equals = part.IndexOf('=');
            if (equals <= 0) errors.Add($"--labels: \"{part}\" is not of the form key=value");
            else labels[part[..equals]] = part[(equals + 1)..];
        }
        return labels;
    }

    private static List<Taint> Taints(string? text, List<string> errors)
    {
        var taints = new List<Taint>();
        foreach (var part in Split(text))
        {
            var colon = part.LastIndexOf(':');
            var effect = colon > 0 ? part[(colon + 1)..] : "";
            if (effect is not ("NoSchedule" or "PreferNoSchedule" or "NoExecute"))
            {
                errors.Add($"--taints: \"{part}\" is not of the form key=value:NoSchedule, :PreferNoSchedule or :NoExecute");
                continue;
            }
            var pair = part[..colon].Split('=', 2);
            taints.Add(new Taint { Key = pair[0], Value = pair.Length > 1 ? pair[1] : null, Effect = effect });
        }
        return taints;
    }

    private static string[] Split(string? text) =>
        (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    [GeneratedRegex("^[A-Za-z0-9._-]{1,15}$", RegexOptions.CultureInvariant)]
    private static partial Regex DeviceNamePattern();

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", RegexOptions.CultureInvariant)]
    private static partial Regex NodeNamePattern();
}
