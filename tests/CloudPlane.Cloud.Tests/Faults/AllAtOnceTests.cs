using System.Diagnostics;
using Xunit.Abstractions;

namespace CloudPlane.Cloud.Tests;

/// <summary>Every fault of the other tests, at the same time.</summary>
public sealed class AllAtOnceTests(ITestOutputHelper output)
{
    private const int Replicas = 20;

    private static readonly TimeSpan BetweenKills = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan UnderFire = TimeSpan.FromSeconds(30);
    private static readonly string[] Names = [.. Enumerable.Range(1, 25).Select(i => $"app-{i}")];

    [Fact]
    public Task Deaths_a_bus_that_misbehaves_and_tables_that_throttle_and_restart_lose_nothing_and_do_nothing_twice() => Seeds.RunAsync(
        9,
        async (cloud, random) =>
        {
            var client = await cloud.ClientAsync("default");
            await using var nodes = await SimulatedNodes.JoinAsync(cloud, client, Names.Length * Replicas);
            await using var applications = await Applications.StartAsync(client);
            var faults = cloud.Bus.Faults;
            (faults.LoseRate, faults.DuplicateRate, faults.ReorderRate, faults.DelayRate, faults.MaxDelay) = (0.1, 0.1, 0.1, 0.1, MaxDelay);
            (faults.RefuseRate, faults.LoseAnswerRate, cloud.Tables.ThrottleEvery) = (0.05, 0.05, 10);
            using var stop = new CancellationTokenSource();
            var killing = Kills.RunAsync(cloud, random, BetweenKills, stop.Token);

            await Task.WhenAll(Names.Select(name => applications.CreateAsync(name, Replicas / 2)));
            await ProgressAsync(() => nodes.Started > applications.Wanted / 2);
            await cloud.RestartTablesAsync(Outage);
            await Task.WhenAll(Names.Select(name => applications.ScaleAsync(name, Replicas)));
            await ProgressAsync(() => nodes.Started > applications.Wanted * 3 / 4);
            await applications.DeleteAsync(Names[0]);
            await applications.ScaleAsync(Names[1], 3);
            await Task.WhenAll(Names[2..6].Select(name => applications.RollOutAsync(name, "second")));
            await cloud.RestartTablesAsync(Outage);
            await ProgressAsync(() => false);

            await stop.CancelAsync();
            faults.Clear();
            cloud.Tables.ThrottleEvery = 0;
            var late = Task.Delay(MaxDelay);
            output.WriteLine($"{await killing} kills while {nodes.Started} pods were started, {cloud.DeadLetters} messages given up");
            // What the timer does every half an hour.
            await cloud.FireSeedAsync();
            await applications.ConvergeAsync(nodes);
            // What is still under way tells of what was long ago.
            await late;
            await applications.ConvergeAsync(nodes);
        },
        new DeploymentOptions { KeepsTables = true });

    /// <summary>Waits for progress, but not for long: under all that there need not be any.</summary>
    private static async Task ProgressAsync(Func<bool> isFarEnough)
    {
        for (var start = Stopwatch.GetTimestamp(); !isFarEnough() && Stopwatch.GetElapsedTime(start) < UnderFire;)
            await Task.Delay(TimeSpan.FromMilliseconds(300));
    }
}
