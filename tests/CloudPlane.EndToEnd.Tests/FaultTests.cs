using System.Collections.Concurrent;

namespace CloudPlane.EndToEnd.Tests;

/// <summary>Processes that die, and what users notice of it: nothing that ran is touched, nothing acknowledged is lost.</summary>
[Collection(nameof(OneNodeCluster))]
public sealed class FaultTests(OneNodeCluster cluster)
{
    [Fact]
    public async Task Kill_of_the_agent_restarts_nothing()
    {
        await using var space = await cluster.NamespaceAsync();
        await space.KubectlAsync("create deployment d --image=cloudplane.local/hello:1 --replicas=3");
        await space.KubectlAsync("rollout status deployment/d --timeout=60s");
        var before = await Containers(space);

        await cluster.KillAsync("agent-1");
        (await cluster.UpAsync("--no-demo", "--port", $"{cluster.Port}")).Require();
        await space.ApplyAsync(PodTests.Pod("after", "  containers: [{name: main, image: \"cloudplane.local/hello:1\"}]"));
        await space.UntilAsync("pod after", "{.status.phase}", "Running", 15);

        await space.KubectlAsync("delete pod after --grace-period=1");
        Assert.Equal(before, await Containers(space));
        Assert.Equal("0 0 0", await space.ValueAsync("pods -l app=d", "{.items[*].status.containerStatuses[0].restartCount}"));
        Assert.Equal("3", await space.ValueAsync("deployment d", "{.status.readyReplicas}"));
    }

    [Fact]
    public async Task Kill_of_the_control_plane_loses_no_acknowledged_write()
    {
        await using var space = await cluster.NamespaceAsync();
        using var client = ApiHttp.Client(cluster);
        var path = $"/api/v1/namespaces/{space.Name}/configmaps";
        var acknowledged = new ConcurrentDictionary<string, string>();
        var started = 0;

        async Task Writer()
        {
            int n;
            while ((n = Interlocked.Increment(ref started)) <= 2000)
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
        while (acknowledged.Count < 500)
            await Task.Delay(5);
        var resumeFrom = (await ApiHttp.GetAsync(client, path + "?limit=1")).RootElement.GetProperty("metadata").GetProperty("resourceVersion").GetString();
        await cluster.KillAsync("control-plane");
        await Task.WhenAll(writers);
        (await cluster.UpAsync("--no-demo", "--port", $"{cluster.Port}")).Require();

        var list = (await ApiHttp.GetAsync(client, path)).RootElement;
        var found = list.GetProperty("items").EnumerateArray().Where(item => item.GetProperty("metadata").GetProperty("name").GetString()![1..].All(char.IsDigit)).ToDictionary(
            item => item.GetProperty("metadata").GetProperty("name").GetString()!, item => item.GetProperty("data").GetProperty("n").GetString()!);
        Assert.InRange(acknowledged.Count, 500, 1999);
        Assert.Empty(acknowledged.Keys.Except(found.Keys));
        Assert.All(found, pair => Assert.Equal("c" + pair.Value, pair.Key));

        // A watch goes on from where it was: every later change once, in order.
        var head = long.Parse(list.GetProperty("metadata").GetProperty("resourceVersion").GetString()!);
        var revisions = await ApiHttp.WatchAsync(client, $"{path}?watch=1&resourceVersion={resumeFrom}&timeoutSeconds=3");
        Assert.Equal(revisions.Order().Distinct(), revisions);
        Assert.True(revisions.Count == 0 || revisions[^1] <= head);
        var expected = list.GetProperty("items").EnumerateArray().Select(i => long.Parse(i.GetProperty("metadata").GetProperty("resourceVersion").GetString()!)).Where(r => r > long.Parse(resumeFrom!)).Order();
        Assert.Equal(expected, revisions);
    }

    [Fact]
    public async Task Containerd_away_makes_the_node_NotReady_until_it_is_back()
    {
        await using var space = await cluster.NamespaceAsync();
        await space.KubectlAsync("create deployment d --image=cloudplane.local/hello:1 --replicas=2");
        await space.KubectlAsync("rollout status deployment/d --timeout=60s");
        var before = await Containers(space);

        await cluster.KillAsync("containerd-1");
        await space.UntilAsync("node node-1", "{.status.conditions[?(@.type=='Ready')].status}", "False", 40);
        (await cluster.UpAsync("--no-demo", "--port", $"{cluster.Port}")).Require();
        await space.UntilAsync("node node-1", "{.status.conditions[?(@.type=='Ready')].status}", "True", 40);
        await space.UntilAsync("deployment d", "{.status.readyReplicas}", "2");
        Assert.Equal(before, await Containers(space));
    }

    [Fact]
    public async Task Up_is_idempotent()
    {
        var (server, agent) = (cluster.Pid("control-plane"), cluster.Pid("agent-1"));
        var clock = System.Diagnostics.Stopwatch.StartNew();
        (await cluster.UpAsync("--no-demo", "--port", $"{cluster.Port}")).Require();
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 15);
        Assert.Equal((server, agent), (cluster.Pid("control-plane"), cluster.Pid("agent-1")));
    }

    private static async Task<string> Containers(TestNamespace space) => string.Join(' ',
        (await space.ValueAsync("pods -l app=d", "{.items[*].status.containerStatuses[*].containerID}")).Split(' ').Order());
}
