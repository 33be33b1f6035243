namespace CloudPlane.EndToEnd.Tests;

/// <summary><c>./up --stop</c> leaves the machine as it was: compares all that a cluster makes before and after its life.</summary>
[Collection(nameof(StopTests))]
public sealed class StopTests
{
    private sealed class ShortLivedCluster() : LocalCluster(2);

    [Fact]
    public async Task Stop_leaves_nothing()
    {
        var before = await Machine();
        var cluster = new ShortLivedCluster();
        await cluster.InitializeAsync();
        try
        {
            await cluster.RunAsync("create deployment d --image=cloudplane.local/hello:1 --replicas=4");
            await cluster.RunAsync("rollout status deployment/d --timeout=60s");
            Assert.NotEqual(before, await Machine());
        }
        finally
        {
            await cluster.DisposeAsync();
        }

        var after = await Machine();
        Assert.Equal(before, after);
    }

    private static async Task<string> Machine()
    {
        async Task<string> Run(string script) => (await Command.RunAsync("bash", ["-c", script])).Output;
        return $"""
            namespaces: {await Run("ip netns list | awk '{print $1}' | sort")}
            links: {await Run("ip -br link | awk '{print $1}' | sort")}
            routes: {await Run("ip route | sort")}
            tables: {await Run("nft list tables 2>/dev/null | sort")}
            mounts: {await Run("awk '{print $2}' /proc/self/mounts | sort")}
            processes: {await Run("ps -eo args | grep -E 'cloudplane|containerd' | grep -vE 'grep|dotnet|testhost|vstest' | sort")}
            """;
    }
}

[CollectionDefinition(nameof(StopTests))]
public sealed class StopCollection;
