using CloudPlane.Client;

namespace CloudPlane.Agent.Tests;

public sealed class NodeReporterTests
{
    [Theory]
    [InlineData("16777216Ki", "16Gi", true)]
    [InlineData("1048576Ki", "1Gi", true)]
    [InlineData("24683060Ki", "24683060Ki", true)]
    [InlineData("16777216Ki", "16777215Ki", false)]
    [InlineData("16777216Ki", "much", false)]
    public void A_status_that_the_API_wrote_in_canonical_form_is_not_reported_again(string ours, string stored, bool same)
    {
        Assert.Equal(same, NodeReporter.Same(Status("memory", stored, DateTimeOffset.UnixEpoch), Status("memory", ours, DateTimeOffset.UtcNow)));
        Assert.False(NodeReporter.Same(Status("cpu", stored, DateTimeOffset.UnixEpoch), Status("memory", ours, DateTimeOffset.UnixEpoch)));
    }

    [Fact]
    public async Task A_node_that_was_taken_for_lost_says_how_it_is_as_soon_as_it_hears_of_it()
    {
        const string path = "/api/v1/nodes/n1";
        var (time, api) = (new ManualTime(), new FakeApi());
        var (client, runtime) = (new ApiClient(api), new FakeRuntime(time));
        var directory = Directory.CreateTempSubdirectory("agent-reporter-");
        var options = new AgentOptions
        {
            Server = new Uri("https://api.test"),
            NodeName = "n1",
            DataDirectory = directory.FullName,
            ContainerdSocket = "/none",
            CniConfDirectory = directory.FullName,
            PodLogDirectory = directory.FullName,
        };
        var log = new AgentLog(TextWriter.Null, time, verbose: false);
        var events = new NodeEvents(new EventRecorder(client, "kubelet", "n1", time), "n1", time);
        var health = new RuntimeHealth(runtime, time);
        await health.CheckAsync(default);
        Node? known = null;
        var reporter = new NodeReporter(client, runtime, health, FakeNode.Facts, options, TimeSpan.FromHours(2), events, time, log) { Known = () => Volatile.Read(ref known) };
        using var stop = new CancellationTokenSource();
        var running = Task.WhenAll(reporter.RunAsync(stop.Token), events.RunAsync(stop.Token));
        try
        {
            await WakeupFixture.UntilAsync(() => Ready(api.Get(path)) == "True" && time.Waiting > 0, "the node is ready");
            var reports = Reports(api);
            time.Advance(TimeSpan.FromMinutes(30));
            await WakeupFixture.UntilAsync(() => time.Waiting > 0, "it waits");
            Assert.Equal(reports, Reports(api));

            api.Change(path, node => node["status"]!["conditions"]!.AsArray().First(c => (string)c!["type"]! == "Ready")!["status"] = "Unknown");
            Volatile.Write(ref known, ModelJson.Parse<Node>(System.Text.Encoding.UTF8.GetBytes(api.Get(path)!.ToJsonString())));
            reporter.Wake();
            await WakeupFixture.UntilAsync(() => Ready(api.Get(path)) == "True", "it is ready again");

            reports = Reports(api);
            reporter.ReportAnew();
            await WakeupFixture.UntilAsync(() => Reports(api) == reports + 1, "it reports though nothing changed");

            foreach (var (cordoned, reason) in new[] { (true, "NodeNotSchedulable"), (false, "NodeSchedulable") })
            {
                api.Change(path, node => node["spec"] = new System.Text.Json.Nodes.JsonObject { ["unschedulable"] = cordoned });
                Volatile.Write(ref known, ModelJson.Parse<Node>(System.Text.Encoding.UTF8.GetBytes(api.Get(path)!.ToJsonString())));
                reporter.Wake();
                await WakeupFixture.UntilAsync(() => Told(api, reason), $"{reason} is told");
            }

            Assert.True(Told(api, "Starting"));
        }
        finally
        {
            await stop.CancelAsync();
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            directory.Delete(recursive: true);
        }
    }

    private static string? Ready(System.Text.Json.Nodes.JsonObject? node) =>
        (string?)(node?["status"]?["conditions"] as System.Text.Json.Nodes.JsonArray)?.FirstOrDefault(c => (string?)c!["type"] == "Ready")?["status"];

    private static bool Told(FakeApi api, string reason) => api.List("/api/v1/namespaces/default/events/").Any(e => (string?)e["reason"] == reason);

    private static int Reports(FakeApi api) => api.CountCalls("PATCH /api/v1/nodes/n1/status");

    private static Client.NodeStatus Status(string resource, string quantity, DateTimeOffset heartbeat) => new()
    {
        Capacity = new Dictionary<string, string> { [resource] = quantity, ["pods"] = "110" },
        Allocatable = new Dictionary<string, string> { ["pods"] = "110", [resource] = quantity },
        Conditions = [new NodeCondition { Type = "Ready", Status = "True", LastHeartbeatTime = heartbeat }],
    };
}
