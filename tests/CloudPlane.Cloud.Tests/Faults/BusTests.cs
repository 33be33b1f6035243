namespace CloudPlane.Cloud.Tests;

/// <summary>A bus that misbehaves, and one that is away.</summary>
public sealed class BusTests
{
    private const int Replicas = 20;

    private static readonly TimeSpan MaxDelay = TimeSpan.FromMinutes(2);

    private static readonly string[] Names = [.. Enumerable.Range(1, 25).Select(i => $"app-{i}")];

    [Fact]
    public Task Messages_that_are_lost_doubled_late_or_out_of_order_are_made_good() => Seeds.RunAsync(3, async (cloud, _) =>
    {
        var client = await cloud.ClientAsync("default");
        await using var nodes = await SimulatedNodes.JoinAsync(cloud, client, Names.Length * Replicas);
        await using var applications = await Applications.StartAsync(client);
        var faults = cloud.Bus.Faults;
        (faults.LoseRate, faults.DuplicateRate, faults.ReorderRate, faults.DelayRate) = (0.15, 0.2, 0.2, 0.2);
        faults.MaxDelay = MaxDelay;
        await Task.WhenAll(Names.Select(name => applications.CreateAsync(name, Replicas / 2)));
        await Task.WhenAll(Names.Select(name => applications.ScaleAsync(name, Replicas)));
        await Retry.UntilNullAsync(() => Task.FromResult(nodes.Started >= applications.Wanted / 2 ? null : $"{nodes.Started} pods were started"));
        await applications.DeleteAsync(Names[0]);
        await applications.ScaleAsync(Names[1], 3);
        await Task.WhenAll(Names[2..6].Select(name => applications.RollOutAsync(name, "second")));
        faults.Clear();
        var over = Task.Delay(MaxDelay);
        // What the timer does every half an hour: sweeps may have been lost as well.
        await cloud.FireSeedAsync();
        await applications.ConvergeAsync(nodes);
        // What is still under way tells of what was long ago.
        await over;
        await applications.ConvergeAsync(nodes);
    });

    [Fact]
    public Task What_is_written_while_the_bus_is_away_is_worked_on_when_it_is_back() => Seeds.RunAsync(4, async (cloud, _) =>
    {
        var client = await cloud.ClientAsync("default");
        await using var nodes = await SimulatedNodes.JoinAsync(cloud, client, 3 * Replicas);
        await using var applications = await Applications.StartAsync(client);
        await applications.CreateAsync(Names[0], Replicas);
        await applications.ConvergeAsync(nodes);

        cloud.Bus.Faults.Away = true;
        var back = Task.Delay(TimeSpan.FromSeconds(20));
        foreach (var name in Names[1..3])
            await applications.CreateAsync(name, Replicas);
        await applications.ScaleAsync(Names[0], 1);
        await back;
        cloud.Bus.Faults.Away = false;
        await applications.ConvergeAsync(nodes);
    });
}
