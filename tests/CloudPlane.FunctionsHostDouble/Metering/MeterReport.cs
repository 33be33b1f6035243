using System.Text.Json.Nodes;

namespace CloudPlane.Doubles;

/// <summary>What a scale group used so far.</summary>
/// <param name="Group">"http", or "function:NAME".</param>
/// <param name="Instances">Started in all.</param>
/// <param name="Executions">Begun in all.</param>
/// <param name="ActiveSeconds">Summed over instances: with at least one execution under way.</param>
/// <param name="BilledSeconds">The same as Flex Consumption bills it.</param>
/// <param name="GBSeconds">Billed seconds times an instance's memory.</param>
/// <param name="PeakMemoryMiB">The most that one handler had resident.</param>
public sealed record GroupUsage(
    string Group, int Instances, long Executions, double ActiveSeconds, double BilledSeconds, double GBSeconds, long PeakMemoryMiB);

/// <summary>What an app used so far, group by group.</summary>
public sealed record MeterReport(IReadOnlyList<GroupUsage> Groups)
{
    public long Executions => Groups.Sum(g => g.Executions);

    public double GBSeconds => Groups.Sum(g => g.GBSeconds);

    public JsonObject ToJson() => new()
    {
        ["executions"] = Executions,
        ["gbSeconds"] = GBSeconds,
        ["groups"] = new JsonArray([.. Groups.Select(g => new JsonObject
        {
            ["group"] = g.Group,
            ["instances"] = g.Instances,
            ["executions"] = g.Executions,
            ["activeSeconds"] = g.ActiveSeconds,
            ["billedSeconds"] = g.BilledSeconds,
            ["gbSeconds"] = g.GBSeconds,
            ["peakMemoryMiB"] = g.PeakMemoryMiB,
        })]),
    };
}
