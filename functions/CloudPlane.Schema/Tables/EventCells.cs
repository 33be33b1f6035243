using System.Text.Json;

namespace CloudPlane.Schema;

/// <summary>The row of an Event, whether its times are of the old form (first, last, count) or of the new one (eventTime, series).</summary>
internal static class EventCells
{
    public static void Print(TableRow row)
    {
        var e = row.Document;
        var first = row.Since(e.Time("firstTimestamp") ?? e.Time("eventTime"));
        row.Text(LastSeen(row, first));
        row.Text(e.Text("type"));
        row.Text(e.Text("reason"));
        row.Text(Target(e));
        row.Text(e.Text("involvedObject", "fieldPath"));
        row.Text(Source(e));
        row.Text(e.Text("message").Trim());
        row.Text(first);
        row.Number(Count(e));
        row.Name();
    }

    private static string LastSeen(TableRow row, string first)
    {
        var e = row.Document;
        if (e.Has("series"))
            return row.Since(e.Time("series", "lastObservedTime"));
        return e.Time("lastTimestamp") is { } last ? row.Since(last) : first;
    }

    // An event of the new form that happened once has no count.
    private static long Count(JsonElement e) => e.Has("series") ? e.Integer("series", "count") : Math.Max(1, e.Integer("count"));

    private static string Target(JsonElement e)
    {
        var kind = e.Text("involvedObject", "kind").ToLowerInvariant();
        var name = e.Text("involvedObject", "name");
        return name.Length > 0 ? $"{kind}/{name}" : kind;
    }

    private static string Source(JsonElement e)
    {
        var component = e.Text("source", "component") is { Length: > 0 } c ? c : e.Text("reportingComponent");
        var instance = e.Text("source", "host") is { Length: > 0 } h ? h : e.Text("reportingInstance");
        return instance.Length > 0 ? $"{component}, {instance}" : component;
    }
}
