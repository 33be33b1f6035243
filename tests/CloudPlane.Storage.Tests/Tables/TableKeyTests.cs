using FsCheck;
using FsCheck.Fluent;

namespace CloudPlane.Storage.Tests;

public sealed class TableKeyTests
{
    private const string Awkward = "a-z.A_Z09/\\#?%'{}|~!$ \u0001\u007f\u0085äß\uFFFD\U0001F600";

    [Fact]
    public void Row_keys_sort_as_keys_do_and_hold_nothing_forbidden()
    {
        var keys = ArbMap.Default.ArbFor<byte[]>().Generator.Select(bytes => string.Concat(bytes.Take(12).Select(b => Runes[b % Runes.Length]))).Two()
            .Select(pair => new ObjectKey(pair.Item1.Replace("\u0001", "", StringComparison.Ordinal), pair.Item2)).Two().ToArbitrary();
        Prop.ForAll(keys, pair =>
        {
            var (one, other) = (RowKeys.Object(pair.Item1), RowKeys.Object(pair.Item2));
            Assert.Equal(Math.Sign(pair.Item1.CompareTo(pair.Item2)), Math.Sign(string.CompareOrdinal(one, other)));
            Assert.Equal(pair.Item1, RowKeys.ParseObject(one));
            Assert.All(one, c => Assert.True(char.IsAsciiLetterOrDigit(c) || "-._!$~".Contains(c)));
            Assert.True(string.CompareOrdinal(RowKeys.FirstOf(pair.Item1.Namespace), one) <= 0);
            Assert.True(string.CompareOrdinal(one, RowKeys.AfterNamespace(pair.Item1.Namespace)) < 0);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Theory]
    [InlineData("pods", "pods")]
    [InlineData("apps/deployments", "apps!deployments")]
    [InlineData("stable.example.com/crontabs", "stable.example.com!crontabs")]
    [InlineData("cloudplane/node#1", "cloudplane!node$~231")]
    public void Partition_keys_are_resources(string resource, string partitionKey)
    {
        Assert.Equal(partitionKey, RowKeys.Partition(resource));
        Assert.Equal(resource, RowKeys.Resource(partitionKey));
    }

    [Fact]
    public void Tables_of_different_clusters_differ_whatever_the_case()
    {
        string[] clusters = ["default", "a", "team-a", "teama", "t-eama", "te-ama", "dteama", "c", "a--b", "a-b", "ab", new('a', 40), $"a{new string('-', 38)}b"];
        var tables = clusters.Select(c => TableName.Of("prefix123456", c)).ToArray();
        Assert.Equal(clusters.Length, tables.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(tables, t => Assert.Matches("^[A-Za-z][A-Za-z0-9]{2,62}$", t));
        Assert.Equal("cdefault", TableName.Of("", "default"));
        foreach (var wrong in new[] { "", "-a", "a-", "A", "a_b", "ä", new string('a', 41) })
            Assert.Throws<ArgumentException>(() => TableName.Of("", wrong));
    }

    private static string[] Runes { get; } = [.. Awkward.EnumerateRunes().Select(r => r.ToString())];
}
