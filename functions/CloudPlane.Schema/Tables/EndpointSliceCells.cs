using System.Text.Json;

namespace CloudPlane.Schema;

/// <summary>The row of an EndpointSlice: lists are cut after three.</summary>
internal static class EndpointSliceCells
{
    private const int Shown = 3;

    public static void Print(TableRow row)
    {
        var slice = row.Document;
        row.Name();
        row.Text(slice.Text("addressType"));
        row.Text(Shorten([.. slice.Items("ports").Select(Port)]));
        row.Text(Shorten([.. slice.Items("endpoints").SelectMany(e => e.Items("addresses")).Select(a => a.Text())]));
        row.Age();
    }

    private static string Port(JsonElement port)
    {
        if (port.Has("port"))
            return $"{port.Integer("port")}";
        return port.Has("name") ? port.Text("name") : "*";
    }

    private static string Shorten(IReadOnlyList<string> items)
    {
        var shown = string.Join(',', items.Take(Shown));
        if (items.Count > Shown)
            return $"{shown} + {items.Count - Shown} more...";
        return shown.Length == 0 ? "<unset>" : shown;
    }
}
