using System.Diagnostics;
using CloudPlane.Client;
using Xunit.Abstractions;

namespace CloudPlane.Cloud.Tests;

/// <summary>A cluster that never rests beside one that wants something now and then.</summary>
public sealed class BusyClusterTests(ITestOutputHelper output)
{
    // Always some, also beside what the other cluster waits for, and never so many that there is a backlog: with one, the platform would start another instance.
    private const int MostWaiting = 12;

    private static readonly TimeSpan BetweenWrites = TimeSpan.FromMilliseconds(50);

    // As in the template: nothing in this test may wait for it to run out.
    private static readonly TimeSpan SessionLock = TimeSpan.FromMinutes(5);

    // Turns change every 20 s, and each time the bus hands out one of the two sessions by chance: one in 1000 has to wait for ten.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(4);

    [Fact]
    public Task A_busy_cluster_does_not_keep_the_only_instance_from_the_others() => Seeds.RunAsync(
        8,
        async (cloud, _) =>
        {
            await cloud.CreateClusterAsync("busy");
            await cloud.CreateClusterAsync("quiet");
            var (busy, quiet) = (await cloud.ClientAsync("busy"), await cloud.ClientAsync("quiet"));
            using var stop = new CancellationTokenSource();
            var writes = WriteAsync(cloud, busy, stop.Token);
            await Retry.UntilNullAsync(() => Task.FromResult(IsAtWork(cloud) ? null : "no instance works"));

            await using var applications = await Applications.StartAsync(quiet);
            var start = Stopwatch.GetTimestamp();
            await applications.CreateAsync("web", 3);
            await Retry.UntilNullAsync(() => Task.FromResult(applications.Made == 3 ? null : $"{applications.Made} pods were made"));
            var waited = Stopwatch.GetElapsedTime(start);

            await stop.CancelAsync();
            output.WriteLine($"three pods after {waited.TotalSeconds:0.0} s, while the other cluster took {await writes} writes");
            Assert.InRange(waited, TimeSpan.Zero, Longest);
        },
        new DeploymentOptions { Instances = 1, SessionLock = SessionLock });

    private static bool IsAtWork(CloudDeployment cloud) => cloud.Host.Instances.Any(instance => instance.Group == "function:Work" && instance.IsReady);

    /// <summary>Changes one object again and again; returns how often. Each change is a message, so that there never is a second without one.</summary>
    private static async Task<int> WriteAsync(CloudDeployment cloud, ApiClient client, CancellationToken stop)
    {
        var map = new ConfigMap { Metadata = new ObjectMeta { Name = "counter", Namespace = "default" } };
        await Retry.UntilDoneAsync(() => client.CreateAsync(map, CancellationToken.None));
        for (var i = 0; ; i++)
        {
            if (stop.IsCancellationRequested)
                return i;
            var current = (await client.GetAsync<ConfigMap>("default", "counter", CancellationToken.None))!;
            await client.UpdateAsync(current with { Data = new Dictionary<string, string> { ["count"] = $"{i}" } }, CancellationToken.None);
            do
                await Task.Delay(BetweenWrites, CancellationToken.None);
            while (cloud.Waiting > MostWaiting);
        }
    }
}
