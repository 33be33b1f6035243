using System.Text.Json;

namespace CloudPlane.Schema;

/// <summary>The cells of a metav1.Table row, formatted as Kubernetes' printers format them (ages included).</summary>
public static class TablePrinter
{
    /// <summary>Writes the JSON array of the row's cells, in the order of <see cref="ResourceType.Columns"/>.</summary>
    public static void WriteCells(Utf8JsonWriter writer, ResourceType resource, JsonElement document, DateTimeOffset now) => throw new NotImplementedException();
}
