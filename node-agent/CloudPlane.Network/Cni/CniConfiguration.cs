using System.Net;
using System.Text.Json.Nodes;

namespace CloudPlane.Network;

/// <summary>The file that tells the runtime how to connect a pod: the bridge plugin with addresses from the node's podCIDR.</summary>
internal sealed class CniConfiguration(NetworkOptions options)
{
    // What containerd 1.6 and the plugins 1.1 both speak.
    private const string CniVersion = "1.0.0";
    private const string NetworkName = "cloudplane";

    private string FileName => Path.Combine(options.CniConfDirectory, "10-cloudplane.conflist");

    /// <summary>Writes it if it is not there or differs. Never half: the runtime watches the directory and loads what appears.</summary>
    /// <exception cref="NetworkException">It can't be written.</exception>
    public void Write(IPNetwork podCidr)
    {
        var text = Text(podCidr);
        try
        {
            if (File.Exists(FileName) && File.ReadAllText(FileName) == text)
                return;
            Directory.CreateDirectory(options.CniConfDirectory);
            Directory.CreateDirectory(options.CniDataDirectory);
            // The runtime reads only *.conf, *.conflist and *.json.
            var unfinished = FileName + ".new";
            File.WriteAllText(unfinished, text);
            File.Move(unfinished, FileName, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NetworkException($"writing the CNI configuration {FileName}: {e.Message}", e);
        }
    }

    /// <summary>Removes it and the state of the address allocation.</summary>
    /// <exception cref="NetworkException">It can't be removed.</exception>
    public void Remove()
    {
        try
        {
            if (File.Exists(FileName))
                File.Delete(FileName);
            if (Directory.Exists(options.CniDataDirectory))
                Directory.Delete(options.CniDataDirectory, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NetworkException($"removing the CNI configuration {FileName}: {e.Message}", e);
        }
    }

    private string Text(IPNetwork podCidr)
    {
        var plugins = new JsonArray(Bridge(podCidr));
        if (File.Exists(Path.Combine(options.CniBinDirectory, "portmap")) && HasIptables())
            plugins.Add(PortMap());
        return new JsonObject { ["cniVersion"] = CniVersion, ["name"] = NetworkName, ["plugins"] = plugins }.ToJsonString() + "\n";
    }

    private JsonNode Bridge(IPNetwork podCidr) => new JsonObject
    {
        ["type"] = "bridge",
        ["bridge"] = options.Bridge,
        ["isGateway"] = true,
        // A pod may reach itself through a Service.
        ["hairpinMode"] = true,
        // Ours (Masquerade): the plugin's needs iptables and a rule per pod.
        ["ipMasq"] = false,
        ["ipam"] = new JsonObject
        {
            ["type"] = "host-local",
            ["dataDir"] = options.CniDataDirectory,
            ["ranges"] = new JsonArray(new JsonArray(new JsonObject { ["subnet"] = podCidr.ToString() })),
            ["routes"] = new JsonArray(new JsonObject { ["dst"] = "0.0.0.0/0" }),
        },
    };

    private static JsonNode PortMap() => new JsonObject
    {
        ["type"] = "portmap",
        ["capabilities"] = new JsonObject { ["portMappings"] = true },
        ["snat"] = true,
    };

    /// <summary>Without it portmap fails to remove every pod, also one that maps no port.</summary>
    private static bool HasIptables() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Any(directory => File.Exists(Path.Combine(directory, "iptables")));
}
