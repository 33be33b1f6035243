using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>
/// A list that is written while it is read: what is around the objects, and the objects. The metadata comes before them where it is
/// known then, after them where it tells how to go on from the last one; members of a JSON object have no order.
/// </summary>
internal abstract class ListBody
{
    /// <param name="metadata">Null: it comes at the end.</param>
    public abstract void Begin(string? metadata);

    public abstract void Write(IReadOnlyList<StoredObject> objects);

    /// <param name="metadata">Null: it came at the beginning.</param>
    public abstract void End(string? metadata);
}

/// <summary>Stored documents, or what <paramref name="show"/> makes of them, joined.</summary>
internal sealed class JoinedListBody(PipeWriter body, string kind, string version, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>? show) : ListBody
{
    private bool _hasObjects;

    public override void Begin(string? metadata) =>
        Write($"{{\"kind\":\"{kind}\",\"apiVersion\":\"{version}\",{(metadata is null ? "" : $"\"metadata\":{metadata},")}\"items\":[");

    public override void Write(IReadOnlyList<StoredObject> objects)
    {
        foreach (var item in objects)
        {
            if (_hasObjects)
                body.Write(","u8);
            _hasObjects = true;
            body.Write((show is null ? item.Document : show(item.Document)).Span);
        }
    }

    public override void End(string? metadata) => Write(metadata is null ? "]}" : $"],\"metadata\":{metadata}}}");

    private void Write(string text) => Encoding.UTF8.GetBytes(text, body);
}

/// <summary>A row for each document.</summary>
internal sealed class TableListBody(PipeWriter body, TableWriter table) : ListBody, IDisposable
{
    private readonly Utf8JsonWriter _writer = new(body, Documents.WriterOptions);

    public override void Begin(string? metadata)
    {
        table.Begin(_writer, metadata is null ? default : Encoding.UTF8.GetBytes(metadata));
        _writer.Flush();
    }

    public override void Write(IReadOnlyList<StoredObject> objects)
    {
        table.WriteRows(_writer, objects.Select(o => o.Document));
        _writer.Flush();
    }

    public override void End(string? metadata)
    {
        TableWriter.End(_writer, metadata is null ? default : Encoding.UTF8.GetBytes(metadata));
        _writer.Flush();
    }

    public void Dispose() => _writer.Dispose();
}
