using CloudPlane.Client;

namespace CloudPlane.Cloud.Tests;

/// <summary>Tables that throttle, and tables that are restarted.</summary>
public sealed class TablesTests
{
    private const int Replicas = 20;

    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan BetweenWrites = TimeSpan.FromMilliseconds(50);
    private static readonly string[] Names = [.. Enumerable.Range(1, 25).Select(i => $"app-{i}")];

    [Fact]
    public Task Throttling_of_every_tenth_call_only_takes_time() => Seeds.RunAsync(5, async (cloud, _) =>
    {
        cloud.Tables.ThrottleEvery = 10;
        var client = await cloud.ClientAsync("default");
        await using var nodes = await SimulatedNodes.JoinAsync(cloud, client, Names.Length * Replicas);
        await using var applications = await Applications.StartAsync(client);
        await Task.WhenAll(Names.Select(name => applications.CreateAsync(name, Replicas)));
        await applications.ConvergeAsync(nodes);
        await applications.ScaleAsync(Names[0], Replicas / 2);
        await applications.DeleteAsync(Names[1]);
        await applications.RollOutAsync(Names[2], "second");
        await applications.ConvergeAsync(nodes);
    });

    [Fact]
    public Task Restarted_tables_cost_nothing_that_was_acknowledged_and_the_work_goes_on() => Seeds.RunAsync(
        6,
        async (cloud, _) =>
        {
            var client = await cloud.ClientAsync("default");
            await using var nodes = await SimulatedNodes.JoinAsync(cloud, client, Names.Length * Replicas);
            await using var applications = await Applications.StartAsync(client);
            using var stop = new CancellationTokenSource();
            var writing = WriteAsync(client, stop.Token);
            await Task.WhenAll(Names.Select(name => applications.CreateAsync(name, Replicas / 2)));
            await HalfwayAsync();
            await cloud.RestartTablesAsync(Outage);
            await Task.WhenAll(Names.Select(name => applications.ScaleAsync(name, Replicas)));
            await HalfwayAsync();
            await cloud.RestartTablesAsync(Outage);
            await applications.DeleteAsync(Names[0]);
            await applications.RollOutAsync(Names[1], "second");
            await stop.CancelAsync();
            var acknowledged = await writing;
            await applications.ConvergeAsync(nodes);
            var stored = (await client.ListAsync<ConfigMap>("default", null, default)).Items.Select(map => map.Metadata.Name!).ToHashSet();
            Assert.NotEmpty(acknowledged);
            Assert.Subset(stored, acknowledged.ToHashSet());

            // In the middle of the work.
            Task HalfwayAsync() =>
                Retry.UntilNullAsync(() => Task.FromResult(nodes.Started > applications.Wanted / 2 ? null : $"{nodes.Started} pods were started"));
        },
        new DeploymentOptions { KeepsTables = true });

    /// <summary>Creates one object after the other, and returns the names of those that were acknowledged.</summary>
    private static async Task<List<string>> WriteAsync(ApiClient client, CancellationToken stop)
    {
        var acknowledged = new List<string>();
        for (var i = 0; !stop.IsCancellationRequested; i++)
        {
            var map = new ConfigMap { Metadata = new ObjectMeta { Name = $"written-{i}", Namespace = "default" } };
            try
            {
                await client.CreateAsync(map, CancellationToken.None);
                acknowledged.Add(map.Metadata.Name);
            }
            catch (Exception e) when (e is ApiException or ApiUnreachableException)
            {
                // Nobody promised anything.
            }

            // Beside the work, not instead of it.
            await Task.Delay(BetweenWrites, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return acknowledged;
    }
}
