using System.Text.Json;

namespace CloudPlane.Schema;

/// <summary>One row being written: the object it shows, and the moment that ages are counted to.</summary>
internal readonly struct TableRow(Utf8JsonWriter writer, JsonElement document, DateTimeOffset now)
{
    public const string None = "<none>";
    public const string Unknown = "<unknown>";

    public JsonElement Document => document;

    public void Name() => writer.WriteStringValue(document.Text("metadata", "name"));

    public void Age() => writer.WriteStringValue(Since(document.Time("metadata", "creationTimestamp")));

    public void Text(string value) => writer.WriteStringValue(value);

    /// <summary>The text, or what stands for an empty one.</summary>
    public void Text(string value, string empty) => writer.WriteStringValue(value.Length == 0 ? empty : value);

    public void Number(long value) => writer.WriteNumberValue(value);

    /// <summary>How long ago a time was, as text; <c>&lt;unknown&gt;</c> for none.</summary>
    public string Since(DateTimeOffset? time) => time is { } t ? HumanDuration.Format(now - t) : Unknown;
}
