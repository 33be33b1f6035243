namespace CloudPlane.Cloud.Tests;

/// <summary>A bus that misbehaves, and one that is away.</summary>
public sealed class BusTests
{
    private const int Replicas = 8;

    private static readonly string[] Names = ["red", "green", "blue"];

    [Fact]
    public Task Messages_that_are_lost_doubled_late_or_out_of_order_are_made_good() => Seeds.RunAsync(3, async (cloud, _) =>
    {
        var client = await cloud.ClientAsync("default");
        await using var nodes = await SimulatedNodes.JoinAsync(client, Names.Length * Replicas);
        await using var applications = new Applications(client);
        applications.StartSampling();
        var faults = cloud.Bus.Faults;
        (faults.LoseRate, faults.DuplicateRate, faults.ReorderRate, faults.DelayRate) = (0.15, 0.2, 0.2, 0.2);
        faults.MaxDelay = TimeSpan.FromSeconds(60);
        await Task.WhenAll(Names.Select(name => applications.CreateAsync(name, Replicas / 2)));
        await Task.WhenAll(Names.Select(name => applications.ScaleAsync(name, Replicas)));
        await Retry.UntilNullAsync(() => Task.FromResult(nodes.Started >= Replicas ? null : $"{nodes.Started} pods were started"));
        await applications.DeleteAsync(Names[0]);
        faults.Clear();
        // What the timer does every quarter of an hour: sweeps may have been lost as well.
        await cloud.FireSeedAsync();
        await applications.ConvergeAsync(nodes);
    });

    [Fact]
    public Task What_is_written_while_the_bus_is_away_is_worked_on_when_it_is_back() => Seeds.RunAsync(4, async (cloud, _) =>
    {
        var client = await cloud.ClientAsync("default");
        await using var nodes = await SimulatedNodes.JoinAsync(client, Names.Length * Replicas);
        await using var applications = new Applications(client);
        applications.StartSampling();
        await applications.CreateAsync(Names[0], Replicas);
        await applications.ConvergeAsync(nodes);

        cloud.Bus.Faults.Away = true;
        var back = Task.Delay(TimeSpan.FromSeconds(20));
        foreach (var name in Names[1..])
            await applications.CreateAsync(name, Replicas);
        await applications.ScaleAsync(Names[0], 1);
        await back;
        cloud.Bus.Faults.Away = false;
        await applications.ConvergeAsync(nodes);
    });
}
