using System.Diagnostics;
using CloudPlane.Storage;
using CloudPlane.Tests.Shared;

namespace CloudPlane.Benchmarks;

/// <summary>
/// The Azure Tables store on Azurite: creates by 64 writers through one store and through two, beside entity group transactions of the same rows,
/// as full as they may be, sent one after the other. In turns, each time into a new table. Then how soon a watch through one store hears of a
/// write through another.
/// </summary>
internal sealed class TablesBenchmark(Uri endpoint)
{
    private const int Writers = 64;
    private const int Rounds = 3;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(5);
    private static readonly Partition Pods = Workload.Pods;

    private readonly Workload _workload = new();
    private int _tables;

    public static async Task RunAsync()
    {
        using var azurite = await AzuriteProcess.StartAsync();
        var benchmark = new TablesBenchmark(azurite.Endpoint);
        await benchmark.CompareCreatesAsync();
        await benchmark.MeasureWatchAsync();
    }

    private async Task CompareCreatesAsync()
    {
        Console.WriteLine($"\nCreates of {Workload.DocumentBytes} bytes, {Writers} writers, {Rounds} rounds of {Duration.TotalSeconds:0} s in turns, median round");
        // The first use of everything, on both sides.
        await RawAsync(TimeSpan.FromSeconds(1));
        await StoresAsync(1, TimeSpan.FromSeconds(1));
        var rates = new List<(double Raw, double One, double Two)>();
        for (var round = 0; round < Rounds; round++)
            rates.Add((await RawAsync(Duration), await StoresAsync(1, Duration), await StoresAsync(2, Duration)));
        var raw = Median(rates.Select(r => r.Raw));
        Console.WriteLine($"transactions of the same rows {raw,8:N0}/s");
        Console.WriteLine($"one store                     {Median(rates.Select(r => r.One)),8:N0}/s   {Median(rates.Select(r => r.One / r.Raw)):0.00} of that");
        Console.WriteLine($"two stores, one partition     {Median(rates.Select(r => r.Two)),8:N0}/s   {Median(rates.Select(r => r.Two / r.Raw)):0.00} of that");
    }

    private async Task<double> StoresAsync(int count, TimeSpan duration)
    {
        var options = NewOptions();
        var stores = Enumerable.Range(0, count).Select(i => new TablesStore(options, TimeProvider.System, new Random(i))).ToArray();
        // Whichever store it goes through, each object is new; more of them than there are keys get another namespace.
        var created = -1;
        var samples = await Samples.MeasureAsync(Writers, duration, async (writer, _) =>
        {
            var write = Create(Interlocked.Increment(ref created));
            if ((await stores[writer % count].WriteAsync(Pods, write, default)).Outcome != WriteOutcome.Committed)
                throw new InvalidOperationException($"{write.Key} exists already");
        });
        foreach (var store in stores)
            await store.DisposeAsync();
        return samples.PerSecond;
    }

    private Task<double> RawAsync(TimeSpan duration) => new RawTransactions(NewOptions(), Pods, Create).MeasureAsync(duration);

    private async Task MeasureWatchAsync()
    {
        const int Writes = 200;
        var options = NewOptions();
        await using var writer = new TablesStore(options, TimeProvider.System, new Random(1));
        await using var watcher = new TablesStore(options, TimeProvider.System, new Random(2));
        var seen = Enumerable.Range(0, Writes + 1).Select(_ => new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
        var watch = WatchAsync(watcher, seen);
        var ticks = new List<long>();
        var random = new Random(3);
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < Writes; i++)
        {
            var begun = Stopwatch.GetTimestamp();
            await writer.WriteAsync(Pods, Create(i), default);
            ticks.Add(await seen[i + 1].Task - begun);
            // From at once to when the watch has slowed down.
            await Task.Delay(random.Next(i % 10 == 0 ? 3000 : 200));
        }
        await watch;
        var samples = new Samples(Stopwatch.GetElapsedTime(start), ticks);
        Console.WriteLine(
            $"\nFrom the beginning of a write to the change at a watch through another store, {Writes} times: "
            + $"median {samples.Median / 1000:0} ms, p99 {samples.P99 / 1000:0} ms");
    }

    private static async Task WatchAsync(TablesStore store, TaskCompletionSource<long>[] seen)
    {
        for (var revision = 0L; revision < seen.Length - 1;)
        {
            await store.WaitForHeadAsync(Pods, revision, default);
            foreach (var change in await store.ReadLogAsync(Pods, revision, 1000, default))
            {
                revision = change.Revision;
                seen[revision].SetResult(Stopwatch.GetTimestamp());
            }
        }
    }

    private Write Create(int n)
    {
        var write = _workload.Create(n % Workload.Objects);
        return n < Workload.Objects ? write : write with { Key = new($"more-{n / Workload.Objects}", write.Key.Name) };
    }

    private TablesStoreOptions NewOptions() => new()
    {
        Endpoint = endpoint,
        Key = TablesAccountKey.Parse(AzuriteProcess.Key),
        TablePrefix = $"b{_tables++}",
    };

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
