using System.Diagnostics;
using Xunit.Abstractions;

namespace CloudPlane.Cloud.Tests;

/// <summary>A hundred clusters in one deployment.</summary>
public sealed class ManyClustersTests(ITestOutputHelper output)
{
    private const int Clusters = 100;

    // One more page of records at most; a cluster each would be a hundred.
    private const int Slack = 4;

    [Fact]
    public Task A_hundred_clusters_cost_nothing_while_idle_and_open_for_nobody_elses_credentials() => Seeds.RunAsync(7, async (cloud, _) =>
    {
        var times = new List<TimeSpan> { await CreateAsync(cloud, 0) };
        var one = await SeedAsync(cloud);
        for (var i = 1; i < Clusters; i++)
            times.Add(await CreateAsync(cloud, i));
        times.Sort();
        output.WriteLine($"created in {times[Clusters / 2].TotalMilliseconds:0} ms (median), {times[^1].TotalMilliseconds:0} ms (slowest, from a cold start)");
        var all = await SeedAsync(cloud);
        output.WriteLine($"a run of Seed: {one.Tables} table and {one.Bus} bus operations with one cluster, {all.Tables} and {all.Bus} with {Clusters}");
        Assert.InRange(all.Tables, 0, one.Tables + Slack);
        Assert.InRange(all.Bus, 0, one.Bus + Slack);

        var tokens = new List<string>();
        for (var i = 0; i < Clusters; i++)
            tokens.Add(await cloud.AdminTokenAsync(Name(i)));
        for (var i = 0; i < Clusters; i++)
        {
            Assert.Equal(200, await cloud.StatusAsync($"/clusters/{Name(i)}/api/v1/nodes", tokens[i]));
            Assert.Equal(401, await cloud.StatusAsync($"/clusters/{Name((i + 1) % Clusters)}/api/v1/nodes", tokens[i]));
            Assert.Equal(401, await cloud.StatusAsync("/api/v1/nodes", tokens[i]));
            Assert.Equal(401, await cloud.StatusAsync("/cloudplane/v1/clusters", tokens[i]));
        }
    });

    private static string Name(int i) => $"cluster-{i}";

    private static async Task<TimeSpan> CreateAsync(CloudDeployment cloud, int i)
    {
        var start = Stopwatch.GetTimestamp();
        await cloud.CreateClusterAsync(Name(i));
        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>What a run of the timer costs, all clusters being idle.</summary>
    private static async Task<(long Tables, long Bus)> SeedAsync(CloudDeployment cloud)
    {
        var (tables, bus) = (cloud.Tables.Requests, cloud.Bus.Meter.Total);
        Assert.True(await cloud.Host.FireTimerAsync("Seed"));
        return (cloud.Tables.Requests - tables, cloud.Bus.Meter.Total - bus);
    }
}
