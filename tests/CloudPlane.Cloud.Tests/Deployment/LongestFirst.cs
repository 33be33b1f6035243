using CloudPlane.Cloud.Tests;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer("CloudPlane.Cloud.Tests.LongestFirst", "CloudPlane.Cloud.Tests")]

namespace CloudPlane.Cloud.Tests;

/// <summary>The classes whose tests take longest begin first: begun last, everybody would wait for them.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Longest = [nameof(AllAtOnceTests), nameof(BusTests), nameof(BusyClusterTests), nameof(TablesTests), nameof(InstanceTests)];

    /// <inheritdoc/>
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(collection => Array.FindIndex(Longest, name => collection.DisplayName.EndsWith(name, StringComparison.Ordinal)) is >= 0 and var rank ? rank : Longest.Length);
}
