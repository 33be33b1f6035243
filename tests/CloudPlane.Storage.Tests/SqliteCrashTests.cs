namespace CloudPlane.Storage.Tests;

/// <summary>kill -9 in the middle of many concurrent writes: what was acknowledged is there, and nothing is half there.</summary>
public sealed class SqliteCrashTests : IDisposable
{
    private static readonly string[] Resources = ["events", "nodes", "pods"];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Acknowledged_writes_survive_kill_9()
    {
        var acknowledged = new List<string>();
        for (var round = 0; round < 3; round++)
        {
            acknowledged.AddRange(await HammerAndKill(seed: 1000 * round, acknowledgements: 1500 + 700 * round));
            await using var store = new SqliteStore(new() { Directory = _directory.Path });
            await CheckAgainst(store, acknowledged);
        }
        using var connection = new SqliteConnection(Path.Combine(_directory.Path, "state.db"), 1000);
        using var check = connection.Prepare("PRAGMA integrity_check");
        Assert.True(check.Step());
        Assert.Equal("ok"u8.ToArray(), check.Bytes(0).ToArray());
    }

    private async Task<List<string>> HammerAndKill(int seed, int acknowledgements)
    {
        using var writer = CrashWriter.Start(_directory.Path, writers: 32, seed);
        Assert.Equal("ready", await writer.ReadLineAsync());
        var lines = new List<string>();
        while (await writer.ReadLineAsync() is { } line)
        {
            lines.Add(line);
            if (lines.Count == acknowledgements)
                writer.Kill();
        }
        // The last line may have been cut off by the kill; it tells nothing then.
        return lines[..^1];
    }

    private static async Task CheckAgainst(SqliteStore store, List<string> acknowledged)
    {
        var rows = new HashSet<string>();
        foreach (var partition in Resources.Select(r => new Partition("default", r)))
        {
            var log = await store.ReadLogAsync(partition, 0, int.MaxValue, default);
            var head = await store.GetHeadAsync(partition, default);
            Assert.Equal(Enumerable.Range(1, (int)head), log.Select(c => (int)c.Revision));
            var model = HistoryModel.Replay(log);
            Assert.Equal(model.LogAfter(0), log.Select(c => c.Line()));
            Assert.Equal(model.ListAt(head), (await store.ListAsync(partition, new(), default)).Items.Select(o => o.Line()));
            rows.UnionWith(log.Select(c => $"{partition.Resource} {c.Revision} {c.Key.Name} {c.Kind} {c.Document.Text().Split(':')[1]}"));
        }
        Assert.All(acknowledged, line => Assert.Contains(line, rows));
    }
}
