using System.Text.Json;

namespace CloudPlane.EndToEnd.Tests;

/// <summary>A cluster whose control plane is a function app, with what its double and its commands can do.</summary>
public abstract class CloudCluster(int nodes) : LocalCluster(nodes, ControlPlaneForm.Cloud)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false });

    /// <summary>The double's instances, of all scale groups.</summary>
    public async Task<IReadOnlyList<(string Id, string Group)>> InstancesAsync()
    {
        using var instances = JsonDocument.Parse(await Http.GetStringAsync(Admin("instances")));
        return [.. instances.RootElement.EnumerateArray().Select(i => (i.GetProperty("id").GetString()!, i.GetProperty("group").GetString()!))];
    }

    /// <summary>kill -9 of an instance's handler; false when the instance has gone by itself.</summary>
    public async Task<bool> KillHandlerAsync(string instance)
    {
        using var answer = await Http.PostAsync(Admin($"instances/{instance}/kill-handler"), null);
        return answer.IsSuccessStatusCode;
    }

    /// <summary><c>cloudplane cluster ARGUMENTS</c> as the administrator of the deployment.</summary>
    public async Task<CommandResult> ClusterCommandAsync(params string[] arguments)
    {
        var environment = new Dictionary<string, string>
        {
            ["CLOUDPLANE_SIGNING_KEY"] = (await File.ReadAllTextAsync(Path.Combine(Data, "signing.key"))).Trim(),
        };
        environment["CLOUDPLANE_TOKEN"] = (await Command.RunAsync(ControlPlane, ["deployment", "token"], environment)).Require().Trim();
        return await Command.RunAsync(ControlPlane, ["cluster", .. arguments, "--server", Server, "--ca", CaFile], environment);
    }

    /// <summary>Where nodes reach the deployment: 127.0.0.1 is another machine's to those in a network namespace.</summary>
    public async Task<string> NodesServerAsync()
    {
        var arguments = (await File.ReadAllTextAsync($"/proc/{Pid("agent-1")}/cmdline")).Split('\0');
        return arguments[Array.IndexOf(arguments, "--server") + 1];
    }

    private Uri Admin(string path)
    {
        var port = File.ReadLines(Path.Combine(Data, "ports")).First(line => line.StartsWith("admin_port=", StringComparison.Ordinal)).Split('=')[1];
        return new Uri($"http://127.0.0.1:{port}/{path}");
    }
}
