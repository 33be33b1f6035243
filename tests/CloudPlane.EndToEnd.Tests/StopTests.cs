namespace CloudPlane.EndToEnd.Tests;

/// <summary><c>./up --stop</c> leaves the machine as it was: compares all that a cluster makes before and after its life.</summary>
[Collection(nameof(StopTests))]
public sealed class StopTests
{
    private sealed class ShortLivedCluster(ControlPlaneForm form) : LocalCluster(2, form);

    [Theory]
    [InlineData(ControlPlaneForm.Standalone)]
    [InlineData(ControlPlaneForm.Cloud)]
    public async Task Stop_leaves_nothing(ControlPlaneForm form)
    {
        var before = await Machine();
        var cluster = new ShortLivedCluster(form);
        await cluster.InitializeAsync();
        try
        {
            await cluster.RunAsync("create deployment d --image=cloudplane.local/hello:1 --replicas=4");
            await cluster.RunAsync("rollout status deployment/d --timeout=120s");
            Assert.NotEmpty((await Machine()).Except(before));
        }
        finally
        {
            await cluster.DisposeAsync();
        }

        // Other things may happen on the machine meanwhile; what appeared and stays is ours.
        await Eventually.SatisfiesAsync(async () => string.Join('\n', (await Machine()).Except(before)), static left => left == "", "nothing is left");
    }

    private static async Task<string[]> Machine()
    {
        const string script = """
            ip netns list | awk '{print "namespace", $1}'
            ip -br link | awk '{print "link", $1}'
            ip route | sed 's/^/route /'
            nft list tables 2>/dev/null
            awk '{print "mount", $2}' /proc/self/mounts
            ps -eo args | grep -E 'cloudplane|containerd|functions-host|start.js' | grep -vE 'grep|dotnet|testhost|vstest' | sed 's/^/process /'
            """;
        return (await Command.RunAsync("bash", ["-c", script])).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}

[CollectionDefinition(nameof(StopTests))]
public sealed class StopCollection;
