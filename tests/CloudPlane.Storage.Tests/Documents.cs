using System.Text;

namespace CloudPlane.Storage.Tests;

/// <summary>Short ways to say writes and documents.</summary>
internal static class Documents
{
    public static readonly Partition Pods = new("default", "pods");
    public static readonly Partition Nodes = new("default", "nodes");

    public static ObjectKey Key(string name, string ns = "default") => new(ns, name);

    /// <summary>A template whose final text is <c>{"rv":"REVISION","v":"TEXT"}</c>.</summary>
    public static DocumentTemplate Template(string text)
    {
        var before = "{\"rv\":\""u8;
        return new((byte[])[.. before, .. Encoding.UTF8.GetBytes($"\",\"v\":\"{text}\"}}")], before.Length);
    }

    public static string Text(long revision, string text) => $"{{\"rv\":\"{revision}\",\"v\":\"{text}\"}}";

    public static byte[] Utf8(this string text) => Encoding.UTF8.GetBytes(text);

    public static string Text(this ReadOnlyMemory<byte> document) => Encoding.UTF8.GetString(document.Span);

    public static string Text(this StoredObject stored) => stored.Document.Text();

    public static Write Put(string name, long expected, string text, string ns = "default") =>
        new(Key(name, ns), expected, Template(text), false, Guid.NewGuid());

    public static Write Delete(string name, long expected, string text = "gone", string ns = "default") =>
        new(Key(name, ns), expected, Template(text), true, Guid.NewGuid());

    public static async Task<long> Commit(this IStateStore store, Partition partition, Write write)
    {
        var result = await store.WriteAsync(partition, write, default);
        Assert.Equal(WriteOutcome.Committed, result.Outcome);
        return result.Object!.Revision;
    }

    /// <summary>A change as a line: <c>3 Modified default/a new (was old)</c>.</summary>
    public static string Line(this Change change) =>
        $"{change.Revision} {change.Kind} {change.Key} {change.Document.Text()} (was {change.Previous.Text()})";

    public static string Line(this StoredObject stored) => $"{stored.Key}@{stored.Revision} {stored.Text()}";
}
