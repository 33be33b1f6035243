using System.Diagnostics;
using CloudPlane.Tests.Shared;

namespace CloudPlane.Benchmarks;

/// <summary>
/// From exec of a handler over 10,000 pods in Azurite to its first good answer, a GET of one of them. Ours is what is left when the time is taken
/// off in which a request was at Azurite, or at the proxy that sees them. The peer is the emptiest program of the same runtime.
/// </summary>
internal sealed class HandlerColdStart(HandlerApp app, AzuriteProcess azurite, TableProxy proxy)
{
    private const int Pods = 10_000;
    private const int Writers = 64;
    private const int Rounds = 15;
    private const double Goal = 150;

    private readonly Latencies _all = new();
    private readonly Latencies _atAzurite = new();
    private readonly Latencies _ours = new();
    private readonly Latencies _processor = new();
    private readonly Latencies _bare = new();
    private readonly Latencies _bareProcessor = new();
    private long _requests;
    private double _resident;

    public async Task RunAsync()
    {
        var cluster = await app.DefaultClusterAsync();
        await FillAsync(cluster);
        // The first use of everything here.
        await new HandlerColdStart(app, azurite, proxy).RoundAsync(cluster);
        for (var round = 0; round < Rounds; round++)
            await RoundAsync(cluster);
        Console.WriteLine($"\nCold start over {Pods:N0} pods, exec to the first good answer, a GET of one of them, {Rounds} times in turns");
        Console.WriteLine($"handler                       {_all}; requests to Azurite {(double)_requests / Rounds:0.#}");
        Console.WriteLine($"of that at Azurite            {_atAzurite}");
        Console.WriteLine($"our share                     {_ours}; goal {Goal:0} ms{(_ours.P50 <= Goal ? "" : ": missed")}");
        Console.WriteLine($"bare Kestrel, plain HTTP      {_bare}; our share / bare Kestrel {_ours.P50 / _bare.P50:0.00}");
        Console.WriteLine($"processor time until then     handler {_processor.P50:0} ms, bare Kestrel {_bareProcessor.P50:0} ms; handler's resident memory {_resident:0} MiB");
    }

    private async Task FillAsync(HandlerCluster cluster)
    {
        using var handler = app.Start(azurite.Endpoint);
        await FirstAnswer.WaitAsync(handler.Client(cluster), "readyz");
        using var client = handler.Client(cluster);
        await HandlerPods.CreateNamespaceAsync(client);
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(async _ =>
        {
            int i;
            while ((i = Interlocked.Increment(ref next)) < Pods)
                await HandlerPods.CreateAsync(client, $"p{i}");
        }));
    }

    private async Task RoundAsync(HandlerCluster cluster)
    {
        var (requests, busy, started) = (proxy.Requests, proxy.TimeUnderWay, Stopwatch.GetTimestamp());
        using (var handler = app.Start(proxy.Endpoint))
        {
            await FirstAnswer.WaitAsync(handler.Client(cluster), HandlerPods.PathOf("p1"));
            var elapsed = Stopwatch.GetElapsedTime(started);
            _processor.Add(handler.ProcessorTime.TotalMilliseconds);
            _resident = handler.ResidentMiB;
            var atAzurite = proxy.TimeUnderWay - busy;
            _all.Add(elapsed.TotalMilliseconds);
            _atAzurite.Add(atAzurite.TotalMilliseconds);
            _ours.Add((elapsed - atAzurite).TotalMilliseconds);
            _requests += proxy.Requests - requests;
        }

        started = Stopwatch.GetTimestamp();
        await using var peer = await BareKestrel.StartAsync(null, 100, 100);
        await FirstAnswer.WaitAsync(peer.Client(), "/one");
        _bare.AddSince(started);
        _bareProcessor.Add(peer.ProcessorTime.TotalMilliseconds);
    }
}
