using System.Buffers;
using System.IO.Pipelines;
using CloudPlane.Storage;

namespace CloudPlane.Api;

internal enum WatchEventType { Added, Modified, Deleted, Bookmark, Error }

/// <summary>A change and its encoded event frames, which all watchers of the partition share.</summary>
internal sealed class WatchEntry(Change change)
{
    private readonly byte[]?[] _frames = new byte[3][];

    public Change Change => change;

    /// <summary>The frame with the change's document. Two watchers may encode it at the same time; the result is the same.</summary>
    public ReadOnlyMemory<byte> Frame(WatchEventType type) => _frames[(int)type] ??= WatchFrames.Encode(type, change.Document);
}

/// <summary>A watch event as one line of JSON.</summary>
internal static class WatchFrames
{
    public static byte[] Encode(WatchEventType type, ReadOnlyMemory<byte> document)
    {
        var head = Head(type);
        var frame = new byte[head.Length + document.Length + 2];
        head.CopyTo(frame);
        document.Span.CopyTo(frame.AsSpan(head.Length));
        "}\n"u8.CopyTo(frame.AsSpan(head.Length + document.Length));
        return frame;
    }

    public static void Write(PipeWriter body, WatchEventType type, ReadOnlySpan<byte> document)
    {
        body.Write(Head(type));
        body.Write(document);
        body.Write("}\n"u8);
    }

    private static ReadOnlySpan<byte> Head(WatchEventType type) => type switch
    {
        WatchEventType.Added => "{\"type\":\"ADDED\",\"object\":"u8,
        WatchEventType.Modified => "{\"type\":\"MODIFIED\",\"object\":"u8,
        WatchEventType.Deleted => "{\"type\":\"DELETED\",\"object\":"u8,
        WatchEventType.Bookmark => "{\"type\":\"BOOKMARK\",\"object\":"u8,
        _ => "{\"type\":\"ERROR\",\"object\":"u8,
    };
}
