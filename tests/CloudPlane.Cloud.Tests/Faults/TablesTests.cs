using CloudPlane.Client;

namespace CloudPlane.Cloud.Tests;

/// <summary>Tables that throttle, and tables that can't be reached.</summary>
public sealed class TablesTests
{
    private const int Replicas = 10;

    [Fact]
    public Task Throttling_of_every_tenth_call_only_takes_time() => Seeds.RunAsync(5, async (cloud, _) =>
    {
        cloud.Tables.ThrottleEvery = 10;
        var client = await cloud.ClientAsync("default");
        await using var nodes = await SimulatedNodes.JoinAsync(client, 3 * Replicas);
        await using var applications = new Applications(client);
        applications.StartSampling();
        await Task.WhenAll(applications.CreateAsync("one", Replicas), applications.CreateAsync("two", Replicas));
        await applications.ConvergeAsync(nodes);
        await applications.ScaleAsync("one", Replicas / 2);
        await applications.DeleteAsync("two");
        await applications.ConvergeAsync(nodes);
    });

    [Fact]
    public Task Acknowledged_writes_are_there_after_tables_that_could_not_be_reached() => Seeds.RunAsync(6, async (cloud, _) =>
    {
        var client = await cloud.ClientAsync("default");
        await using var nodes = await SimulatedNodes.JoinAsync(client, 2 * Replicas);
        await using var applications = new Applications(client);
        applications.StartSampling();
        await applications.CreateAsync("before", Replicas);
        await Retry.UntilNullAsync(() => Task.FromResult(nodes.Started > 0 ? null : "no pod was started"));
        using var stop = new CancellationTokenSource();
        var writing = WriteAsync(client, stop.Token);
        for (var times = 0; times < 2; times++)
        {
            cloud.Tables.GoAway();
            await Task.Delay(TimeSpan.FromSeconds(5));
            cloud.Tables.ComeBack();
            await applications.CreateAsync($"after-{times}", Replicas / 2);
        }

        await stop.CancelAsync();
        var acknowledged = await writing;
        await applications.ConvergeAsync(nodes);
        var stored = (await client.ListAsync<ConfigMap>("default", null, default)).Items.Select(map => map.Metadata.Name!).ToHashSet();
        Assert.NotEmpty(acknowledged);
        Assert.Subset(stored, acknowledged.ToHashSet());
    });

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
        }

        return acknowledged;
    }
}
