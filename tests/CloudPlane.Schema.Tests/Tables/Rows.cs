using System.Text.Json;

namespace CloudPlane.Schema.Tests;

/// <summary>Prints rows as of noon.</summary>
internal static class Rows
{
    public static readonly DateTimeOffset Now = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly Catalog Catalog = Catalog.LoadBuiltIn();

    public static string[] Print(string group, string kind, string json)
    {
        var resource = Catalog.FindKind(group, "v1", kind)!;
        var cells = Write(w => TablePrinter.WriteCells(w, resource, JsonDocument.Parse(json).RootElement, Now));
        Assert.Equal(resource.Columns.Count, cells.Length);
        return cells;
    }

    public static string[] Write(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
            write(writer);
        return [.. JsonDocument.Parse(stream.ToArray()).RootElement.EnumerateArray().Select(c => c.ToString())];
    }
}
