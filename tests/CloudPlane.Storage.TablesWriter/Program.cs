// One of several processes that write to one partition at once and watch it. Each writer increments counters that all share, and creates
// objects of its own. Prints "ready", begins at a line of input, and prints when its watch has seen everything: a hash of the changes that it
// saw, then the latencies in milliseconds from the beginning of each write until the watch here told of it: median, 99th percentile, maximum.
// Arguments: ENDPOINT KEY PREFIX WRITERS ROUNDS COUNTERS TOTAL NUMBER, TOTAL being the revision at which all processes are done.
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CloudPlane.Storage;

var partition = new Partition("default", "pods");
var (writers, rounds, counters, total, number) = (Number(3), Number(4), Number(5), Number(6), Number(7));
var options = new TablesStoreOptions { Endpoint = new(args[0]), Key = TablesAccountKey.Parse(args[1]), TablePrefix = args[2] };
await using var store = new TablesStore(options, TimeProvider.System, new Random(number));
// What is compiled at its first use must not count as latency.
await CommitAsync(new("default", $"warmup{number}"), new("own", "p"), 0, 0);
await store.ReadLogAsync(new("default", $"warmup{number}"), 0, 1, default);
Console.WriteLine("ready");
// Whoever started this has gone when there is no line.
if (Console.ReadLine() is null)
    return 1;
var watch = WatchAsync();
await Task.WhenAll(Enumerable.Range(0, writers).Select(writer => Task.Run(() => WriteAsync(writer))));
var (hash, latencies) = await watch;
latencies.Sort();
Console.WriteLine(hash);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{At(0.5)} {At(0.99)} {At(1)}"));
return 0;

async Task WriteAsync(int writer)
{
    var random = new Random(number * 100 + writer);
    for (var round = 0; round < rounds; round++)
    {
        await CommitAsync(partition, new("own", $"p{number}-{writer}-{round}"), 0, 0);
        while (!await IncrementAsync(new("shared", $"counter{random.Next(counters)}")))
        {
        }
    }
}

async Task<bool> IncrementAsync(ObjectKey key)
{
    var current = await store.GetAsync(partition, key, default);
    var value = current is null ? 0 : int.Parse(Fields(current.Document)[1], CultureInfo.InvariantCulture);
    return await CommitAsync(partition, key, current?.Revision ?? 0, value + 1);
}

// A document is REVISION,VALUE,TIME.
async Task<bool> CommitAsync(Partition where, ObjectKey key, long expected, int value)
{
    var text = string.Create(CultureInfo.InvariantCulture, $",{value},{DateTime.UtcNow.Ticks}");
    var write = new Write(key, expected, new(Encoding.UTF8.GetBytes(text), 0), false, Guid.NewGuid());
    return (await store.WriteAsync(where, write, default)).Outcome == WriteOutcome.Committed;
}

async Task<(string Hash, List<double> Latencies)> WatchAsync()
{
    var times = new List<double>();
    using var seen = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    for (var revision = 0L; revision < total;)
    {
        await store.WaitForHeadAsync(partition, revision, default);
        foreach (var change in await store.ReadLogAsync(partition, revision, 1000, default))
        {
            if (change.Revision != ++revision)
                throw new InvalidOperationException($"revision {change.Revision} instead of {revision}");
            times.Add((DateTime.UtcNow.Ticks - long.Parse(Fields(change.Document)[2], CultureInfo.InvariantCulture)) / (double)TimeSpan.TicksPerMillisecond);
            seen.AppendData(Encoding.UTF8.GetBytes($"{change.Revision} {change.Kind} {change.Key} "));
            seen.AppendData(change.Document.Span);
            seen.AppendData(change.Previous.Span);
        }
    }
    return (Convert.ToHexString(seen.GetCurrentHash()), times);
}

int Number(int index) => int.Parse(args[index], CultureInfo.InvariantCulture);

double At(double quantile) => Math.Round(latencies[(int)((latencies.Count - 1) * quantile)], 1);

static string[] Fields(ReadOnlyMemory<byte> document) => Encoding.UTF8.GetString(document.Span).Split(',');
