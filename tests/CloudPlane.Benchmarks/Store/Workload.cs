using System.Text;
using CloudPlane.Storage;

namespace CloudPlane.Benchmarks;

/// <summary>10,000 pods of 1.5 KB: the same keys and bytes for everybody who is measured.</summary>
internal sealed class Workload
{
    public const int Objects = 10_000;
    public const int DocumentBytes = 1500;

    private const string Before = """{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":" """;

    public static readonly Partition Pods = new("default", "pods");

    private readonly DocumentTemplate[] _documents;

    public Workload()
    {
        var random = new Random(1);
        // Names in random order, as generated suffixes are.
        Keys = [.. Enumerable.Range(0, Objects).Select(i => new ObjectKey($"ns-{i % 20}", $"web-{i % 200}-{random.NextInt64() & 0xFFFFFFFFFF:x10}"))];
        EtcdKeys = [.. Keys.Select(k => Encoding.UTF8.GetBytes($"/registry/pods/{k}"))];
        _documents = [.. Enumerable.Range(0, 64).Select(_ => Document(random))];
    }

    public ObjectKey[] Keys { get; }

    public byte[][] EtcdKeys { get; }

    public DocumentTemplate DocumentOf(int n) => _documents[n % _documents.Length];

    public Write Create(int key) => new(Keys[key], 0, DocumentOf(key), false, Guid.NewGuid());

    /// <summary>An update by somebody who has read the object, as the API server does.</summary>
    public Write Update(StoredObject current, int document) =>
        new(current.Key, current.Revision, DocumentOf(document), false, Guid.NewGuid()) { Current = current.Document };

    /// <summary>Creates every object.</summary>
    public async Task<StoredObject[]> FillAsync(IStateStore store)
    {
        var results = await Task.WhenAll(Enumerable.Range(0, Objects).Select(i => store.WriteAsync(Pods, Create(i), default).AsTask()));
        return [.. results.Select(r => r.Object!)];
    }

    private static DocumentTemplate Document(Random random)
    {
        var before = Encoding.UTF8.GetBytes(Before.Trim());
        var text = new StringBuilder("\"},\"spec\":{\"image\":\"");
        while (before.Length + text.Length < DocumentBytes - 8)
            text.Append((char)random.Next('a', 'z' + 1));
        return new((byte[])[.. before, .. Encoding.UTF8.GetBytes(text.Append("\"}}").ToString())], before.Length);
    }
}
