// Hammers a SQLite store with concurrent writes until it is killed. Prints "ready", then a line for each acknowledged write:
// PARTITION REVISION NAME KIND TEXT. Arguments: DIRECTORY WRITERS SEED. Prints "refused: REASON" if the store can't be opened.
using System.Text;
using CloudPlane.Storage;

var (directory, writers, seed) = (args[0], int.Parse(args[1]), int.Parse(args[2]));
try
{
    await using var store = new SqliteStore(new() { Directory = directory });
    using var output = Console.OpenStandardOutput();
    await output.WriteAsync("ready\n"u8.ToArray());
    await Task.WhenAll(Enumerable.Range(0, writers).Select(i => Task.Run(() => Hammer(store, output, new Random(seed + i)))));
    return 0;
}
catch (StoreUnavailableException e)
{
    Console.WriteLine($"refused: {e.Message}");
    return 3;
}

static async Task Hammer(SqliteStore store, Stream output, Random random)
{
    while (true)
    {
        var partition = new Partition("default", random.Next(3) switch { 0 => "pods", 1 => "nodes", _ => "events" });
        var key = new ObjectKey("default", $"o{random.Next(40)}");
        var current = await store.GetAsync(partition, key, default);
        var text = $"{random.NextInt64():x}{new string('x', random.Next(3000))}";
        var delete = current is not null && random.Next(4) == 0;
        var write = new Write(key, current?.Revision ?? 0, new(Encoding.UTF8.GetBytes($":{text}"), 0), delete, Guid.NewGuid());
        var result = await store.WriteAsync(partition, write, default);
        if (result.Outcome != WriteOutcome.Committed)
            continue;
        var kind = delete ? ChangeKind.Deleted : current is null ? ChangeKind.Added : ChangeKind.Modified;
        var line = Encoding.UTF8.GetBytes($"{partition.Resource} {result.Object!.Revision} {key.Name} {kind} {text}\n");
        lock (output)
            output.Write(line);
    }
}
