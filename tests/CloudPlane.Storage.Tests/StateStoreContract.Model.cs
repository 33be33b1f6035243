using FsCheck;
using FsCheck.Fluent;
using static CloudPlane.Storage.Tests.Documents;

namespace CloudPlane.Storage.Tests;

public abstract partial class StateStoreContract
{
    private int _cases;

    /// <summary>How many random histories are tried: fewer where each step takes a request.</summary>
    protected virtual int Histories => 150;

    /// <summary>Bytes of the longest of them, at three a step.</summary>
    protected virtual int HistoryBytes => 240;

    /// <summary>How many histories of concurrent writers are tried.</summary>
    protected virtual int ConcurrentHistories => 25;

    /// <summary>Closes and opens the store again, where it survives that.</summary>
    protected virtual Task<IStateStore> ReopenAsync(IStateStore store) => Task.FromResult(store);

    [Fact]
    public void Any_history_is_the_one_that_the_model_tells()
    {
        var config = Config.QuickThrowOnFailure.WithMaxTest(Histories).WithEndSize(HistoryBytes);
        var steps = ArbMap.Default.ArbFor<byte[]>();
        Prop.ForAll(steps, bytes => RunHistory(bytes).GetAwaiter().GetResult()).Check(config);
    }

    [Fact]
    public void Concurrent_histories_are_the_log_that_they_left()
    {
        var config = Config.QuickThrowOnFailure.WithMaxTest(ConcurrentHistories);
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => RunConcurrently(seed).GetAwaiter().GetResult()).Check(config);
    }

    /// <summary>Bytes as instructions, three each: what, on which object, with what expectation. Arrays of them shrink well.</summary>
    private async Task RunHistory(byte[] bytes)
    {
        var partition = new Partition("model", $"case{_cases++}");
        var model = new HistoryModel();
        Write? last = null;
        foreach (var step in bytes.Chunk(3).Where(c => c.Length == 3))
        {
            var (what, which, expectation) = (step[0] % 16, step[1], step[2]);
            if (what == 0)
            {
                var target = model.Head * expectation / 255;
                await Store.CompactAsync(partition, target, default);
                model.Compact(target);
                last = null;
            }
            else if (what == 1 && which % 8 == 0)
            {
                Store = await ReopenAsync(Store);
                last = null;
            }
            else if (what == 2)
                await CompareAt(partition, model, model.Compacted + (model.Head - model.Compacted) * expectation / 255);
            else
            {
                // Some writes repeat the one before, with the same operation id: a backend remembers it until it forgets history.
                last = what == 3 && last is not null ? last : Instruction(model, what, which, expectation);
                var text = last.Document.Bytes[(last.Document.RevisionOffset + 7)..^2].Text();
                var result = await Store.WriteAsync(partition, last, default);
                Assert.Equal(model.Write(last, text), $"{result.Outcome} {result.Object?.Line()}");
            }
            Assert.Equal(model.Head, await Store.GetHeadAsync(partition, default));
        }
        for (var revision = model.Compacted; revision <= model.Head; revision++)
            await CompareAt(partition, model, revision);
        for (var revision = 0; revision < model.Compacted; revision++)
            await Assert.ThrowsAsync<RevisionExpiredException>(async () => await Lines(Store, partition, new() { AtRevision = revision }));
    }

    private static Write Instruction(HistoryModel model, int what, byte which, byte expectation)
    {
        string[] names = ["a", "b", "c", "a-b", "d"];
        var key = Key(names[which % 5], which < 128 ? "one" : "two");
        var current = model.ObjectsAt(model.Head).GetValueOrDefault(key);
        var expected = expectation < 200 ? current : expectation < 220 ? 0 : Math.Max(0, model.Head - expectation % 5);
        return new(key, expected, Template($"{what}.{which}.{expectation}.{model.Head}"), what > 12, Guid.NewGuid());
    }

    private async Task CompareAt(Partition partition, HistoryModel model, long revision)
    {
        var expected = model.ListAt(revision);
        Assert.Equal(expected, await Lines(Store, partition, new() { AtRevision = revision }));
        var two = await Lines(Store, partition, new() { AtRevision = revision, Namespace = "two" });
        Assert.Equal(expected.Where(l => l.StartsWith("two/")), two);
        var keys = model.ObjectsAt(revision).Keys.ToArray();
        for (var after = 0; after < keys.Length; after += 2)
        {
            var page = await Store.ListAsync(partition, new() { AtRevision = revision, After = keys[after], Limit = 2 }, default);
            Assert.Equal(expected.Skip(after + 1).Take(2), page.Items.Select(o => o.Line()));
            Assert.Equal(Math.Max(0, keys.Length - after - 3), page.Remaining);
        }
        var scanned = await Pages(partition, new() { AtRevision = revision });
        Assert.Equal(expected, scanned.SelectMany(p => p.Items).Select(o => o.Line()));
        var log = await Store.ReadLogAsync(partition, revision, int.MaxValue, default);
        Assert.Equal(model.LogAfter(revision), log.Select(c => c.Line()));
    }

    private async Task RunConcurrently(int seed)
    {
        var partition = new Partition("concurrent", $"case{_cases++}");
        var writers = Enumerable.Range(0, 6).Select(i => Task.Run(() => WriteRandomly(partition, new Random(seed + i))));
        var answers = (await Task.WhenAll(writers)).SelectMany(a => a).ToArray();
        var log = await Store.ReadLogAsync(partition, 0, int.MaxValue, default);
        var model = HistoryModel.Replay(log);
        Assert.Equal(model.LogAfter(0), log.Select(c => c.Line()));

        var committed = answers.Where(a => a.Result.Outcome == WriteOutcome.Committed)
            .ToDictionary(a => a.Result.Object!.Revision, a => a.Result.Object!);
        Assert.Equal(model.Head, committed.Count);
        foreach (var change in log)
            Assert.Equal(committed[change.Revision].Line(), new StoredObject(change.Key, change.Revision, change.Document).Line());
        foreach (var (write, result) in answers.Where(a => a.Result.Outcome == WriteOutcome.Conflict))
        {
            Assert.NotEqual(write.ExpectedRevision, result.Object?.Revision ?? 0);
            if (result.Object is { } shown)
                Assert.Equal(shown.Line(), committed[shown.Revision].Line());
        }
        foreach (var revision in new[] { 0, model.Head / 3, model.Head / 2, model.Head - 1, model.Head })
            await CompareAt(partition, model, revision);
    }

    private async Task<List<(Write Write, WriteResult Result)>> WriteRandomly(Partition partition, Random random)
    {
        var answers = new List<(Write, WriteResult)>();
        var known = new Dictionary<ObjectKey, long>();
        for (var i = 0; i < 30; i++)
        {
            var key = Key($"o{random.Next(5)}", random.Next(2) == 0 ? "one" : "two");
            var expected = known.GetValueOrDefault(key);
            var write = new Write(key, expected, Template($"{random.Next()}"), expected > 0 && random.Next(4) == 0, Guid.NewGuid());
            var result = await Store.WriteAsync(partition, write, default);
            known[key] = write.Delete && result.Outcome == WriteOutcome.Committed ? 0 : result.Object?.Revision ?? 0;
            answers.Add((write, result));
        }
        return answers;
    }
}
