using System.Diagnostics;
using CloudPlane.Storage;

namespace CloudPlane.Benchmarks;

/// <summary>
/// Durable updates of random objects among 10,000, by 1 and by 64 writers, etcd and the SQLite store in turns. Ours checks a
/// precondition with each write; etcd's is a bare Put without one, which is cheaper than the transactions that Kubernetes sends it.
/// </summary>
internal sealed class StoreWriteBenchmark(Workload workload, string directory, bool withEtcd)
{
    private const int Rounds = 3;
    private const int EtcdPort = 21000;
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(3);

    public async Task RunAsync()
    {
        Console.WriteLine($"\nDurable updates, {Workload.DocumentBytes} bytes each, {Workload.Objects:N0} objects, in turns, {Rounds} rounds of {Duration.TotalSeconds:0} s, median round");
        Console.WriteLine("etcd: Debian's, default settings, gRPC Put over one HTTP/2 connection on loopback, one stream per writer, driven by one thread without a library");
        Console.WriteLine("ours: SqliteStore in this process, as the API server uses it; each write with a precondition");
        using var etcd = withEtcd ? await EtcdProcess.StartAsync(Path.Combine(directory, "etcd"), EtcdPort) : null;
        using var client = withEtcd ? new EtcdClient(EtcdPort) : null;
        await using var store = new SqliteStore(new() { Directory = Path.Combine(directory, "sqlite") });
        var current = await workload.FillAsync(store);
        var filled = 0;
        client?.Run(64, TimeSpan.FromSeconds(3), (_, _) => Value(filled++ % Workload.Objects));
        foreach (var writers in new[] { 1, 64 })
        {
            var (theirs, ours) = (new List<Samples>(), new List<Samples>());
            for (var round = 0; round < Rounds; round++)
            {
                if (etcd is not null)
                    theirs.Add(MeasureEtcd(etcd, client!, writers));
                ours.Add(await Samples.MeasureAsync(writers, Duration, (loop, turn) => UpdateAsync(store, current, Pick(loop, turn, writers))));
            }
            Report(writers, theirs, Middle(ours));
        }
    }

    private static void Report(int writers, List<Samples> theirs, Samples ours)
    {
        Console.WriteLine($"{writers,3} writer(s)  ours {ours}");
        if (theirs.Count == 0)
            return;
        var etcd = Middle(theirs);
        Console.WriteLine($"{writers,3} writer(s)  etcd {etcd}");
        Console.WriteLine($"{writers,3} writer(s)  ratio: {ours.PerSecond / etcd.PerSecond:0.0} x writes/s, {ours.Median / etcd.Median:0.00} x latency at the median, {ours.P99 / etcd.P99:0.00} x at p99");
    }

    private static Samples Middle(List<Samples> rounds) => rounds.OrderBy(r => r.PerSecond).ElementAt(rounds.Count / 2);

    private Samples MeasureEtcd(EtcdProcess etcd, EtcdClient client, int writers)
    {
        var before = etcd.ProcessorTime;
        var samples = client.Run(writers, Duration, (writer, turn) => Value(Pick(writer, turn, writers)));
        Console.WriteLine($"     (etcd round: {samples}, etcd itself {(etcd.ProcessorTime - before).TotalMicroseconds / samples.Count:0.0} us)");
        return samples;
    }

    private (byte[] Key, ReadOnlyMemory<byte> Value) Value(int n) => (workload.EtcdKeys[n], workload.DocumentOf(n).Bytes);

    private async Task UpdateAsync(SqliteStore store, StoredObject[] current, int n)
    {
        var result = await store.WriteAsync(Workload.Pods, workload.Update(current[n], n), default);
        if (result.Outcome != WriteOutcome.Committed)
            throw new UnreachableException($"lost a race against nobody: {result}");
        current[n] = result.Object!;
    }

    /// <summary>A random object that only this writer picks.</summary>
    private static int Pick(int loop, int turn, int writers)
    {
        var share = Workload.Objects / writers;
        return loop * share + (int)((uint)(turn * 2654435761L) % share);
    }
}
