using System.Diagnostics;
using static CloudPlane.Storage.Tests.Documents;

namespace CloudPlane.Storage.Tests;

/// <summary>What is particular to a store in a file: reopening, exclusiveness, foreign files, a full disk.</summary>
public sealed class SqliteFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Everything_is_there_after_reopening()
    {
        await using (var store = Open())
        {
            await store.Commit(Pods, Put("a", 0, "one"));
            await store.Commit(Pods, Put("b", 0, "one"));
            await store.Commit(Pods, Put("a", 1, "two"));
            await store.Commit(Pods, Delete("b", 2));
            await store.Commit(Nodes, Put("n", 0, "one"));
            await store.CompactAsync(Pods, 4, default);
        }
        await using var again = Open();
        Assert.Equal([Nodes, Pods], await again.ListPartitionsAsync("default", default));
        Assert.Equal(4, await again.GetHeadAsync(Pods, default));
        Assert.Equal(Text(3, "two"), (await again.GetAsync(Pods, Key("a"), default))!.Text());
        Assert.Equal(5, await again.Commit(Pods, Put("a", 3, "three")));
        var pods = await again.ReadLogAsync(Pods, 4, 9, default);
        Assert.Equal([$"5 Modified default/a {Text(5, "three")} (was {Text(3, "two")})"], pods.Select(c => c.Line()));
        await Assert.ThrowsAsync<RevisionExpiredException>(async () => await again.ReadLogAsync(Pods, 3, 9, default));
        var nodes = await again.ReadLogAsync(Nodes, 0, 9, default);
        Assert.Equal([$"1 Added default/n {Text(1, "one")} (was )"], nodes.Select(c => c.Line()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_write_ahead_log_stays_short(bool reopened)
    {
        if (reopened)
            await using (var before = Open())
                await before.Commit(Pods, Put("before", 0, "x"));
        await using var store = Open();
        var value = new string('x', 500_000);
        for (var i = 0; i < 120; i++)
            await store.Commit(Pods, Put($"p{i}", 0, value));
        Assert.InRange(new FileInfo(StateFile + "-wal").Length, 1, 40 * 1024 * 1024);
        Assert.InRange(new FileInfo(StateFile).Length, 20 * 1024 * 1024, long.MaxValue);
    }

    [Fact]
    public async Task A_second_store_on_the_same_file_is_refused_in_time()
    {
        await using var first = Open();
        await first.Commit(Pods, Put("a", 0, "one"));
        var watch = Stopwatch.StartNew();
        var error = Assert.Throws<StoreUnavailableException>(() => Open());
        Assert.Contains(_directory.Path, error.Message);
        Assert.Contains("in use", error.Message);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2), $"{watch.Elapsed}");

        using var other = CrashWriter.Start(_directory.Path, writers: 1, seed: 1);
        Assert.StartsWith("refused: " + _directory.Path, await other.ReadLineAsync());
    }

    [Fact]
    public async Task A_store_may_follow_another_at_once()
    {
        for (var i = 0; i < 5; i++)
        {
            await using var store = Open();
            await store.Commit(Pods, Put($"p{i}", 0, "x"));
        }
    }

    [Fact]
    public async Task A_file_of_a_newer_version_is_refused()
    {
        await Open().DisposeAsync();
        using (var connection = new SqliteConnection(StateFile, 0))
            connection.Execute("PRAGMA user_version=99");
        var error = Assert.Throws<StoreUnavailableException>(() => Open());
        Assert.Contains("schema version 99", error.Message);
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused()
    {
        File.WriteAllText(StateFile, string.Concat(Enumerable.Repeat("not a database ", 1000)));
        var error = Assert.Throws<StoreUnavailableException>(() => Open());
        Assert.Contains("state.db", error.Message);
        Assert.Contains("not a database", error.Message);
    }

    [Fact]
    public void A_directory_that_is_a_file_is_refused()
    {
        File.WriteAllText(StateFile, "");
        Assert.Throws<StoreUnavailableException>(() => new SqliteStore(new() { Directory = StateFile }));
        Assert.Throws<StoreUnavailableException>(() => new SqliteStore(new() { Directory = StateFile + "/below" }));
    }

    [Fact]
    public async Task Only_its_owner_can_read_the_directory()
    {
        var path = Path.Combine(_directory.Path, "new");
        await using var store = new SqliteStore(new() { Directory = path });
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, new DirectoryInfo(path).UnixFileMode);
    }

    [Fact]
    public async Task A_database_that_may_not_grow_fails_writes_whole_and_goes_on()
    {
        await using (var store = new SqliteStore(new() { Directory = _directory.Path, MaxPages = 300 }))
            await FillAndCheck(store);
        await using var again = Open();
        var head = await again.GetHeadAsync(Pods, default);
        Assert.Equal(head + 1, await again.Commit(Pods, Put("afterwards", 0, "x")));
    }

    [Fact]
    public async Task A_full_disk_fails_writes_whole_and_goes_on()
    {
        // Needs a small file system of its own, so it runs as root only, as ./test does.
        if (Environment.UserName != "root")
            return;
        var mount = Path.Combine(_directory.Path, "disk");
        Directory.CreateDirectory(mount);
        await Run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", mount);
        try
        {
            await using (var store = new SqliteStore(new() { Directory = mount }))
                await FillAndCheck(store);
            await Run("mount", "-o", "remount,size=64m", mount);
            await using var again = new SqliteStore(new() { Directory = mount });
            var head = await again.GetHeadAsync(Pods, default);
            Assert.Equal(head + 1, await again.Commit(Pods, Put("afterwards", 0, "x")));
            Assert.Equal(head + 1, (await again.ReadLogAsync(Pods, 0, int.MaxValue, default)).Count);
        }
        finally
        {
            await Run("umount", mount);
        }
    }

    [Fact]
    public async Task A_write_whose_caller_has_gone_before_its_turn_is_not_done()
    {
        await using var store = Open();
        using var cancellation = new CancellationTokenSource();
        var puts = Enumerable.Range(0, 5000).Select(i => Put($"p{i}", 0, "x"));
        var writes = puts.Select(put => store.WriteAsync(Pods, put, cancellation.Token).AsTask()).ToArray();
        cancellation.Cancel();
        await Task.WhenAll(writes).ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.All(writes, w => Assert.True(w.IsCompletedSuccessfully || w.IsCanceled));
        Assert.Equal(writes.Count(w => w.IsCompletedSuccessfully), await store.GetHeadAsync(Pods, default));
    }

    [Fact]
    public async Task Closing_in_the_middle_of_writes_and_reads_answers_all_of_them()
    {
        var (expected, seen) = (0L, 0L);
        for (var round = 0; round < 40; round++)
        {
            var store = Open();
            var loops = Enumerable.Range(0, 8).Select(loop => Task.Run(() => WriteAndReadUntilClosed(store, $"r{round}-{loop}"))).ToArray();
            while (round % 2 == 0 && await store.GetHeadAsync(Pods, default) < expected + 20)
                await Task.Yield();
            await store.DisposeAsync();
            expected += (await Task.WhenAll(loops).WaitAsync(TimeSpan.FromSeconds(20))).Sum();
        }
        await using (var store = Open())
            seen = await store.GetHeadAsync(Pods, default);
        Assert.Equal(expected, seen);
    }

    private static async Task<int> WriteAndReadUntilClosed(SqliteStore store, string name)
    {
        for (var written = 0; ; written++)
        {
            try
            {
                await store.Commit(Pods, Put($"{name}-{written}", 0, "x"));
            }
            catch (ObjectDisposedException)
            {
                return written;
            }
            try
            {
                await store.ListAsync(Pods, new() { Limit = 3 }, default);
            }
            catch (ObjectDisposedException)
            {
                return written + 1;
            }
        }
    }

    private string StateFile => Path.Combine(_directory.Path, "state.db");

    private SqliteStore Open() => new(new() { Directory = _directory.Path });

    /// <summary>Writes until there is no more room; what was answered with success, and nothing else, must be there.</summary>
    private static async Task FillAndCheck(SqliteStore store)
    {
        var committed = new List<string>();
        var failed = 0;
        for (var round = 0; failed < 3; round++)
        {
            var names = Enumerable.Range(0, 16).Select(i => $"p{round}-{i}").ToArray();
            var writes = names.Select(n => store.WriteAsync(Pods, Put(n, 0, new string('x', 5000)), default).AsTask()).ToArray();
            await Task.WhenAll(writes).ContinueWith(_ => { }, TaskScheduler.Default);
            committed.AddRange(names.Where((_, i) => writes[i].IsCompletedSuccessfully));
            failed += writes.Any(w => w.IsFaulted) ? 1 : 0;
            Assert.All(writes.Where(w => w.IsFaulted), w => Assert.IsType<StoreUnavailableException>(w.Exception!.InnerException));
        }
        Assert.NotEmpty(committed);
        var page = await store.ListAsync(Pods, new(), default);
        Assert.Equal(committed.Order(StringComparer.Ordinal), page.Items.Select(o => o.Key.Name));
        Assert.Equal(committed.Count, await store.GetHeadAsync(Pods, default));
    }

    private static async Task Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}
