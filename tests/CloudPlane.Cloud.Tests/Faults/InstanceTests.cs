using System.Diagnostics;
using CloudPlane.Client;
using Xunit.Abstractions;

namespace CloudPlane.Cloud.Tests;

/// <summary>Instances that die, and instances that are not there.</summary>
public sealed class InstanceTests(ITestOutputHelper output)
{
    private const int Pods = 500;
    private const int PodsOfAnApplication = 20;

    private static readonly TimeSpan LongestUnderFire = TimeSpan.FromMinutes(1);

    [Fact]
    public Task Instances_that_are_killed_at_any_moment_lose_nothing_and_do_nothing_twice() => Seeds.RunAsync(1, async (cloud, random) =>
    {
        var client = await cloud.ClientAsync("default");
        await using var nodes = await SimulatedNodes.JoinAsync(cloud, client, Pods);
        await using var applications = await Applications.StartAsync(client);
        using var stop = new CancellationTokenSource();
        var killing = Kills.RunAsync(cloud, random, TimeSpan.FromSeconds(1.5), stop.Token);
        var names = Enumerable.Range(1, Pods / PodsOfAnApplication).Select(i => $"app-{i}").ToList();
        await Task.WhenAll(names.Select(name => applications.CreateAsync(name, PodsOfAnApplication / 2)));
        // In the middle of the work, however far it has come.
        await UnderFireAsync(() => nodes.Started > applications.Wanted / 2);
        await Task.WhenAll(names.Select(name => applications.ScaleAsync(name, PodsOfAnApplication)));
        await UnderFireAsync(() => nodes.Started > applications.Wanted * 3 / 4);
        await applications.DeleteAsync(names[0]);
        await applications.ScaleAsync(names[1], 3);
        await Task.WhenAll(names[2..6].Select(name => applications.RollOutAsync(name, "second")));
        var before = nodes.Started;
        await UnderFireAsync(() => nodes.Started > before + PodsOfAnApplication);
        await stop.CancelAsync();
        output.WriteLine($"{await killing} kills while {nodes.Started} pods were started, {cloud.DeadLetters} messages given up");
        // What the timer does every half an hour: messages whose every delivery met a death were given up.
        await cloud.FireSeedAsync();
        await applications.ConvergeAsync(nodes);
    });

    [Fact]
    public Task After_everything_was_scaled_to_zero_the_first_list_is_right_at_first_try() => Seeds.RunAsync(
        2,
        async (cloud, _) =>
        {
            var client = await cloud.ClientAsync("default");
            await using var nodes = await SimulatedNodes.JoinAsync(cloud, client, 10);
            await using var applications = await Applications.StartAsync(client);
            await applications.CreateAsync("web", 10);
            await applications.ConvergeAsync(nodes);
            var running = nodes.Running;
            await nodes.DisposeAsync();
            // A watch keeps its instance.
            await applications.DisposeAsync();
            await Retry.UntilNullAsync(() => Task.FromResult(cloud.Host.Instances.Count == 0 ? null : $"{cloud.Host.Instances.Count} instances run"));

            var pods = await client.ListAsync<Pod>("default", null, default);

            Assert.All(pods.Items, pod => Assert.Equal("Running", pod.Status!.Phase));
            Assert.Equal(running, pods.Items.Select(pod => pod.Metadata.Uid!).ToHashSet());
        },
        new DeploymentOptions { Idle = TimeSpan.FromSeconds(4) });

    /// <summary>Waits for progress, but not for long: with a death every few seconds there need not be any.</summary>
    private static async Task UnderFireAsync(Func<bool> isFarEnough)
    {
        for (var start = Stopwatch.GetTimestamp(); !isFarEnough() && Stopwatch.GetElapsedTime(start) < LongestUnderFire;)
            await Task.Delay(TimeSpan.FromMilliseconds(300));
    }
}
