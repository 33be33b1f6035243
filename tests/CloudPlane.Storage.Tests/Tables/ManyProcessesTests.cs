using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CloudPlane.Tests.Shared;
using Xunit.Abstractions;

namespace CloudPlane.Storage.Tests;

/// <summary>Four processes of sixteen writers each on one partition, each of which watches it too.</summary>
[Collection(nameof(Azurite))]
public sealed class ManyProcessesTests(Azurite azurite, ITestOutputHelper output)
{
    private const int Processes = 4;
    private const int Writers = 16;
    private const int Rounds = 4;
    private const int Counters = 24;
    private const int Total = Processes * Writers * Rounds * 2;

    [Fact]
    public async Task No_update_is_lost_and_every_watch_sees_every_change_once_in_order()
    {
        var options = azurite.NewOptions();
        var writers = Enumerable.Range(0, Processes).Select(n => Start(options, n)).ToArray();
        try
        {
            foreach (var writer in writers)
                Assert.Equal("ready", await writer.ReadLineAsync());
            foreach (var writer in writers)
                writer.Begin();
            var seen = await Task.WhenAll(writers.Select(async w => (Hash: await w.ReadLineAsync(), Latencies: await w.ReadLineAsync())));
            foreach (var (_, latencies) in seen)
                output.WriteLine($"from the beginning of a write to a watch in each process, ms: {latencies} (median, p99, maximum)");
            await using var store = new TablesStore(options, TimeProvider.System, new Random(1));
            var log = await store.ReadLogAsync(Documents.Pods, 0, int.MaxValue, default);
            CheckLog(log);
            Assert.All(seen, s => Assert.Equal(Hash(log), s.Hash));
            await CheckCountersAsync(store);
        }
        finally
        {
            Array.ForEach(writers, w => w.Dispose());
        }
    }

    private static TablesWriter Start(TablesStoreOptions options, int number)
    {
        int[] numbers = [Writers, Rounds, Counters, Total, number];
        return TablesWriter.Start(
            [options.Endpoint.AbsoluteUri, AzuriteProcess.Key, options.TablePrefix, .. numbers.Select(n => n.ToString(CultureInfo.InvariantCulture))]);
    }

    private static void CheckLog(IReadOnlyList<Change> log)
    {
        Assert.Equal(Enumerable.Range(1, Total), log.Select(c => (int)c.Revision));
        var model = new Dictionary<ObjectKey, string>();
        foreach (var change in log)
        {
            Assert.Equal(model.GetValueOrDefault(change.Key, ""), change.Previous.Text());
            model[change.Key] = change.Document.Text();
        }
    }

    private static async Task CheckCountersAsync(TablesStore store)
    {
        var counters = (await store.ListAsync(Documents.Pods, new() { Namespace = "shared" }, default)).Items;
        Assert.Equal(Total / 2, counters.Sum(c => int.Parse(c.Text().Split(',')[1], CultureInfo.InvariantCulture)));
        Assert.Equal(Total / 2, (await store.ListAsync(Documents.Pods, new() { Namespace = "own" }, default)).Items.Count);
    }

    private static string Hash(IEnumerable<Change> log)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var change in log)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{change.Revision} {change.Kind} {change.Key} "));
            hash.AppendData(change.Document.Span);
            hash.AppendData(change.Previous.Span);
        }
        return Convert.ToHexString(hash.GetCurrentHash());
    }
}
