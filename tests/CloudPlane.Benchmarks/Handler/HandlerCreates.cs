using CloudPlane.Doubles;
using CloudPlane.Storage;
using CloudPlane.Tests.Shared;

namespace CloudPlane.Benchmarks;

/// <summary>
/// Creates of pods by 64 clients through one handler and through two, each time in a new cluster, in turns with entity group transactions of the
/// same rows. Clients, handlers, bus double and Azurite share the machine.
/// </summary>
internal sealed class HandlerCreates(HandlerApp app, AzuriteProcess azurite, TableProxy proxy, ServiceBusDouble bus)
{
    private const int Writers = 64;
    private const int Rounds = 3;
    private const double Goal = 0.7;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    private int _clusters;
    private int _raw;

    public async Task RunAsync()
    {
        using var first = app.Start(azurite.Endpoint);
        using var second = app.Start(azurite.Endpoint);
        var like = await WarmUpAsync(first, second);
        var (raw, one, two) = (new List<RawRun>(), new List<CreateRun>(), new List<CreateRun>());
        for (var round = 0; round < Rounds; round++)
        {
            raw.Add(await RawAsync(like, Duration));
            one.Add(await MeasureAsync(Duration, first));
            two.Add(await MeasureAsync(Duration, first, second));
        }

        Console.WriteLine($"\nCreates of pods with {Writers} clients, {Rounds} rounds of {Duration.TotalSeconds:0} s in turns, median round");
        var peer = Median(raw, r => r.PerSecond);
        Console.WriteLine($"transactions of the same rows {peer.PerSecond,8:N0}/s   a create's processor time: Azurite {peer.Azurite:0} us, client {peer.Client:0} us");
        Print("one handler", one, raw);
        Print("two handlers", two, raw);
        using var counted = app.Start(proxy.Endpoint);
        await ReadyAsync(counted);
        await MeasureAsync(WarmUp, counted);
        Console.WriteLine($"one handler, through a proxy that counts: {(await MeasureAsync(WarmUp, counted)).TableRequests}");
    }

    private static void Print(string what, List<CreateRun> runs, List<RawRun> raw)
    {
        var run = Median(runs, r => r.Samples.PerSecond);
        var ratio = Median([.. runs.Zip(raw, (r, peer) => r.Samples.PerSecond / peer.PerSecond)], r => r);
        Console.WriteLine($"{what,-29} {run.Speed}   {ratio:0.00} of that; goal {Goal}{(ratio >= Goal ? "" : ": missed")}");
        Console.WriteLine($"{"",-29} {run.Cost}");
    }

    /// <summary>The first use of everything, on both sides; returns what makes the rows of the pods that the handlers make.</summary>
    private async Task<Func<int, Write>> WarmUpAsync(HandlerProcess first, HandlerProcess second)
    {
        await ReadyAsync(first);
        await ReadyAsync(second);
        var cluster = await app.CreateClusterAsync("like");
        using var client = first.Client(cluster);
        await HandlerPods.CreateNamespaceAsync(client);
        await HandlerPods.CreateAsync(client, "p1");
        await using var store = new TablesStore(app.Tables, TimeProvider.System, new Random(1));
        var like = await HandlerPods.WritesLikeAsync(store, cluster, "p1");
        await RawAsync(like, WarmUp);
        await MeasureAsync(WarmUp, first, second);
        return like;
    }

    private async Task ReadyAsync(HandlerProcess handler) => await FirstAnswer.WaitAsync(handler.Client(await app.DefaultClusterAsync()), "readyz");

    private async Task<CreateRun> MeasureAsync(TimeSpan duration, params HandlerProcess[] handlers)
    {
        var cluster = await app.CreateClusterAsync($"creates-{_clusters++}");
        var clients = handlers.Select(handler => handler.Client(cluster)).ToArray();
        await HandlerPods.CreateNamespaceAsync(clients[0]);
        for (var i = 0; i < clients.Length; i++)
            await HandlerPods.CreateAsync(clients[i], $"first-through-{i}");
        var (before, created) = (Read(handlers), -1);
        var samples = await Samples.MeasureAsync(Writers, duration, (writer, _) =>
            HandlerPods.CreateAsync(clients[writer % clients.Length], $"p{Interlocked.Increment(ref created)}"));
        var after = Read(handlers);
        foreach (var client in clients)
            client.Dispose();
        var transactions = await CommittedTransactions.CountAsync(app.Tables, HandlerPods.PartitionOf(cluster)) - clients.Length;
        return new(
            samples, after.Handlers - before.Handlers, after.Azurite - before.Azurite, transactions, after.Requests - before.Requests, after.Bus - before.Bus);
    }

    private (TimeSpan Handlers, TimeSpan Azurite, long Requests, long Bus) Read(HandlerProcess[] handlers) =>
        (handlers.Aggregate(TimeSpan.Zero, (sum, handler) => sum + handler.ProcessorTime), azurite.ProcessorTime, proxy.Requests, bus.Meter.Total);

    private async Task<RawRun> RawAsync(Func<int, Write> like, TimeSpan duration)
    {
        var (azuriteBefore, clientBefore) = (azurite.ProcessorTime, Environment.CpuUsage.TotalTime);
        var rate = await new RawTransactions(app.Tables with { TablePrefix = $"raw{_raw++}" }, new("default", "pods"), like).MeasureAsync(duration);
        var creates = rate * duration.TotalSeconds;
        return new(rate, (azurite.ProcessorTime - azuriteBefore).TotalMicroseconds / creates, (Environment.CpuUsage.TotalTime - clientBefore).TotalMicroseconds / creates);
    }

    private static T Median<T>(List<T> values, Func<T, double> by) => values.OrderBy(by).ElementAt(values.Count / 2);

    /// <summary>The peer's rate, and the processor time of a create in microseconds.</summary>
    private sealed record RawRun(double PerSecond, double Azurite, double Client);
}
