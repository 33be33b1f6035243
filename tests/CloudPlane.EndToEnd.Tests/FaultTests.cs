using System.Collections.Concurrent;

namespace CloudPlane.EndToEnd.Tests;

/// <summary>Processes that die, and what users notice of it: nothing that ran is touched, nothing acknowledged is lost.</summary>
public abstract class FaultTests(LocalCluster cluster)
{
    [Fact]
    public async Task Kill_of_the_agent_restarts_nothing()
    {
        await using var space = await cluster.NamespaceAsync();
        await space.KubectlAsync("create deployment d --image=cloudplane.local/hello:1 --replicas=3");
        await space.KubectlAsync("rollout status deployment/d --timeout=120s");
        var before = await Containers(space);

        await cluster.KillAsync("agent-1");
        (await cluster.UpAsync("--no-demo", "--port", $"{cluster.Port}")).Require();
        await space.ApplyAsync(PodTests.Pod("after", "  containers: [{name: main, image: \"cloudplane.local/hello:1\"}]"));
        await space.UntilAsync("pod after", "{.status.phase}", "Running");

        await space.KubectlAsync("delete pod after --grace-period=1");
        Assert.Equal(before, await Containers(space));
        Assert.Equal("0 0 0", await space.ValueAsync("pods -l app=d", "{.items[*].status.containerStatuses[0].restartCount}"));
        Assert.Equal("3", await space.ValueAsync("deployment d", "{.status.readyReplicas}"));
    }

    [Fact]
    public async Task Containerd_away_makes_the_node_NotReady_until_it_is_back()
    {
        await using var space = await cluster.NamespaceAsync();
        await space.KubectlAsync("create deployment d --image=cloudplane.local/hello:1 --replicas=2");
        await space.KubectlAsync("rollout status deployment/d --timeout=120s");
        var before = await Containers(space);

        await cluster.KillAsync("containerd-1");
        await space.UntilAsync("node node-1", "{.status.conditions[?(@.type=='Ready')].status}", "False");
        (await cluster.UpAsync("--no-demo", "--port", $"{cluster.Port}")).Require();
        await space.UntilAsync("node node-1", "{.status.conditions[?(@.type=='Ready')].status}", "True");
        await space.UntilAsync("deployment d", "{.status.readyReplicas}", "2");
        Assert.Equal(before, await Containers(space));
    }

    [Fact]
    public async Task Up_is_idempotent()
    {
        var (server, agent) = (cluster.Pid(cluster.ControlPlaneProcess), cluster.Pid("agent-1"));
        var clock = System.Diagnostics.Stopwatch.StartNew();
        (await cluster.UpAsync("--no-demo", "--port", $"{cluster.Port}")).Require();
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 60);
        Assert.Equal((server, agent), (cluster.Pid(cluster.ControlPlaneProcess), cluster.Pid("agent-1")));
    }

    /// <summary>
    /// Something dies in the middle of many writes: what was acknowledged is there, nothing is there in half, and a watch goes on from where it
    /// was with every later change once and in order.
    /// </summary>
    /// <param name="writes">How many are tried.</param>
    /// <param name="before">How many are acknowledged before <paramref name="die"/>.</param>
    /// <param name="revive">What makes the API answer again.</param>
    protected async Task LosesNoAcknowledgedWriteAsync(int writes, int before, Func<Task> die, Func<Task> revive)
    {
        await using var space = await cluster.NamespaceAsync("writes");
        using var client = ApiHttp.Client(cluster);
        var path = $"/api/v1/namespaces/{space.Name}/configmaps";
        var acknowledged = new ConcurrentDictionary<string, string>();
        var started = 0;

        async Task Writer()
        {
            int n;
            while ((n = Interlocked.Increment(ref started)) <= writes)
            {
                try
                {
                    using var response = await client.PostAsync(path, ApiHttp.Json(
                        $$$"""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c{{{n}}}"},"data":{"n":"{{{n}}}"}}"""));
                    if (response.IsSuccessStatusCode)
                        acknowledged[$"c{n}"] = $"{n}";
                }
                catch (HttpRequestException)
                {
                    // Not acknowledged: it may be there or not, but never in half.
                }
            }
        }

        var writers = Enumerable.Range(0, 64).Select(_ => Writer()).ToArray();
        await Eventually.SatisfiesAsync(() => Task.FromResult(acknowledged.Count), count => count >= before, "writes are acknowledged");
        var resumeFrom = (await ApiHttp.GetAsync(client, path + "?limit=1")).RootElement.GetProperty("metadata").GetProperty("resourceVersion").GetString();
        await die();
        await Task.WhenAll(writers);
        await revive();

        var list = (await ApiHttp.GetAsync(client, path)).RootElement;
        var found = list.GetProperty("items").EnumerateArray().Where(item => item.GetProperty("metadata").GetProperty("name").GetString()![1..].All(char.IsDigit)).ToDictionary(
            item => item.GetProperty("metadata").GetProperty("name").GetString()!, item => item.GetProperty("data").GetProperty("n").GetString()!);
        Assert.InRange(acknowledged.Count, before, writes);
        Assert.Empty(acknowledged.Keys.Except(found.Keys));
        Assert.All(found, pair => Assert.Equal("c" + pair.Value, pair.Key));

        var head = long.Parse(list.GetProperty("metadata").GetProperty("resourceVersion").GetString()!);
        var revisions = await ApiHttp.WatchAsync(client, $"{path}?watch=1&resourceVersion={resumeFrom}&timeoutSeconds={(cluster.IsCloud ? 10 : 3)}");
        Assert.Equal(revisions.Order().Distinct(), revisions);
        Assert.True(revisions.Count == 0 || revisions[^1] <= head);
        var expected = list.GetProperty("items").EnumerateArray().Select(i => long.Parse(i.GetProperty("metadata").GetProperty("resourceVersion").GetString()!)).Where(r => r > long.Parse(resumeFrom!)).Order();
        Assert.Equal(expected, revisions);
    }

    private static async Task<string> Containers(TestNamespace space) => string.Join(' ',
        (await space.ValueAsync("pods -l app=d", "{.items[*].status.containerStatuses[*].containerID}")).Split(' ').Order());
}

[Collection(nameof(OneNodeCluster))]
public sealed class StandaloneFaultTests(OneNodeCluster cluster) : FaultTests(cluster)
{
    // Of this form: the cloud's has no process whose end all would notice.
    [Fact]
    public Task Kill_of_the_control_plane_loses_no_acknowledged_write() => LosesNoAcknowledgedWriteAsync(
        writes: 2000, before: 500, () => cluster.KillAsync("control-plane"), async () => (await cluster.UpAsync("--no-demo", "--port", $"{cluster.Port}")).Require());
}

[Collection(nameof(OneNodeCloudCluster))]
public sealed class CloudFaultTests(OneNodeCloudCluster cluster) : FaultTests(cluster)
{
    [Fact]
    public Task Kill_of_every_handler_loses_no_acknowledged_write() => LosesNoAcknowledgedWriteAsync(
        writes: 600, before: 150, KillHandlersAsync, () => Task.CompletedTask);

    private async Task KillHandlersAsync()
    {
        foreach (var (instance, _) in await cluster.InstancesAsync())
            await cluster.KillHandlerAsync(instance);
    }
}
