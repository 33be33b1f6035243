using System.Globalization;

namespace CloudPlane.Functions;

/// <summary>
/// How a cluster's keys are spread over sessions: one key is always in one session, so it is never worked on twice at once. Few enough
/// that messages of a burst meet in one batch, enough that slow keys don't hold up all others.
/// </summary>
internal static class Shards
{
    private const int Count = 8;

    public static string Of(string controller, string ns, string name) => controller switch
    {
        // It decides one pod at a time, counting on what it decided before.
        "default-scheduler" => "scheduler",
        _ => (Hash($"{controller}/{ns}/{name}") % Count).ToString(CultureInfo.InvariantCulture),
    };

    // FNV-1a: the same in every process and version.
    private static uint Hash(string text)
    {
        var hash = 2166136261u;
        foreach (var c in text)
            hash = (hash ^ c) * 16777619u;
        return hash;
    }
}
