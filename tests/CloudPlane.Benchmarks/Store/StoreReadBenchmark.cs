using System.Diagnostics;
using CloudPlane.Storage;

namespace CloudPlane.Benchmarks;

/// <summary>Reads of 10,000 objects, watchers, and the time from opening the file to the first answers.</summary>
internal sealed class StoreReadBenchmark(Workload workload, string directory)
{
    public async Task RunAsync()
    {
        Console.WriteLine($"\nReads, {Workload.Objects:N0} objects of {Workload.DocumentBytes} bytes");
        await using (var filling = new SqliteStore(new() { Directory = directory }))
            await workload.FillAsync(filling);
        await MeasureColdOpenAsync();
        await using var store = new SqliteStore(new() { Directory = directory });
        await MeasureAsync("GET", 1, i => store.GetAsync(Workload.Pods, workload.Keys[(int)(i * 7919L % Workload.Objects)], default).AsTask());
        await MeasureAsync("LIST of all", 1, _ => store.ListAsync(Workload.Pods, new(), default).AsTask());
        await MeasureAsync("LIST of 500, first page", 1, _ => store.ListAsync(Workload.Pods, new() { Limit = 500 }, default).AsTask());
        await ChangeSomeAsync(store);
        var old = new ListQuery { AtRevision = Workload.Objects + 10, Limit = 500, After = workload.Keys[0] };
        await MeasureAsync("LIST of 500 at an older revision", 1, _ => store.ListAsync(Workload.Pods, old, default).AsTask());
        await MeasureWatchersAsync(store);
        Console.WriteLine($"resident memory now: {DiskAndMemory.ResidentBytes / 1048576} MB");
    }

    private static async Task MeasureAsync(string what, int loops, Func<int, Task> read)
    {
        for (var i = 0; i < 20; i++)
            await read(i);
        Console.WriteLine($"{what,-34} {await Samples.MeasureAsync(loops, TimeSpan.FromSeconds(2), (_, turn) => read(turn))}");
    }

    private async Task MeasureColdOpenAsync()
    {
        for (var i = 0; i < 3; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await using var store = new SqliteStore(new() { Directory = directory });
            var opened = Stopwatch.GetElapsedTime(start);
            await store.GetAsync(Workload.Pods, workload.Keys[5], default);
            var got = Stopwatch.GetElapsedTime(start);
            await store.ListAsync(Workload.Pods, new(), default);
            Console.WriteLine($"open {opened.TotalMilliseconds:0.0} ms, first GET done at {got.TotalMilliseconds:0.0} ms, first LIST of all at {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0.0} ms");
        }
    }

    private async Task ChangeSomeAsync(SqliteStore store)
    {
        for (var i = 0; i < 100; i++)
        {
            var current = await store.GetAsync(Workload.Pods, workload.Keys[i * 97], default);
            await store.WriteAsync(Workload.Pods, workload.Update(current!, i), default);
        }
    }

    /// <summary>From the start of a write to the moment that the last of 1,000 watchers has its change.</summary>
    private async Task MeasureWatchersAsync(SqliteStore store)
    {
        const int Watchers = 1000, Writes = 200;
        var head = await store.GetHeadAsync(Workload.Pods, default);
        var (ticks, acknowledged, arrived) = (new List<long>(), new List<long>(), new CountdownEvent(Watchers));
        var watchers = Enumerable.Range(0, Watchers).Select(_ => Task.Run(async () =>
        {
            for (var seen = head; seen < head + Writes;)
            {
                await store.WaitForHeadAsync(Workload.Pods, seen, default);
                seen += (await store.ReadLogAsync(Workload.Pods, seen, 100, default)).Count;
                arrived.Signal();
            }
        })).ToArray();
        for (var i = 0; i < Writes; i++)
        {
            await Task.Delay(2);
            var current = await store.GetAsync(Workload.Pods, workload.Keys[i], default);
            var start = Stopwatch.GetTimestamp();
            await store.WriteAsync(Workload.Pods, workload.Update(current!, i), default);
            acknowledged.Add(Stopwatch.GetTimestamp() - start);
            arrived.Wait();
            ticks.Add(Stopwatch.GetTimestamp() - start);
            arrived.Reset();
        }
        await Task.WhenAll(watchers);
        Console.WriteLine($"{"write until acknowledged",-34} {new Samples(TimeSpan.FromSeconds(1), acknowledged)}");
        Console.WriteLine($"{"write until 1,000 watchers have it",-34} {new Samples(TimeSpan.FromSeconds(1), ticks)}");
    }
}
