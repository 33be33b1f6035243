using System.Text;
using System.Text.Json.Nodes;
using CloudPlane.Client;

namespace CloudPlane.Controllers.Tests;

/// <summary>Objects with a revision and a log per resource, as the real store keeps them. All synchronous, for simulations.</summary>
internal sealed class FakeStore : IChangeFeed
{
    private readonly Dictionary<string, Table> _tables = [];

    public long Head(string resource) => Of(resource).Revision;

    public JsonObject? Get(string resource, string ns, string name) =>
        Of(resource).Objects.TryGetValue((ns, name), out var bytes) ? Parse(bytes) : null;

    public IEnumerable<JsonObject> List(string resource) => Of(resource).Objects.Values.Select(Parse).ToList();

    /// <summary>Stores (or with <paramref name="deleted"/> removes) the object at the next revision, which it returns stamped.</summary>
    public JsonObject Put(string resource, JsonObject value, bool deleted = false)
    {
        var table = Of(resource);
        value["metadata"]!["resourceVersion"] = (++table.Revision).ToString();
        var key = ((string?)value["metadata"]!["namespace"] ?? "", (string)value["metadata"]!["name"]!);
        var bytes = Encoding.UTF8.GetBytes(value.ToJsonString());
        table.Log.Add(new FeedChange(table.Revision, deleted, bytes, table.Objects.GetValueOrDefault(key) ?? []));
        if (deleted)
        {
            table.Objects.Remove(key);
        }
        else
        {
            table.Objects[key] = bytes;
        }
        return Parse(bytes);
    }

    public ValueTask<FeedSnapshot> ListAsync(string resource, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new FeedSnapshot(Of(resource).Revision, [.. Of(resource).Objects.Values.Select(bytes => (ReadOnlyMemory<byte>)bytes)]));

    public ValueTask<long> GetHeadAsync(string resource, CancellationToken cancellationToken) => ValueTask.FromResult(Of(resource).Revision);

    public ValueTask<IReadOnlyList<FeedChange>?> ReadAsync(string resource, long after, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<FeedChange>?>([.. Of(resource).Log.Skip((int)after)]);

    public ValueTask WaitAsync(string resource, long after, CancellationToken cancellationToken) => throw new NotSupportedException();

    private Table Of(string resource)
    {
        if (!_tables.TryGetValue(resource, out var table))
        {
            _tables[resource] = table = new Table();
        }
        return table;
    }

    private static JsonObject Parse(byte[] bytes) => JsonNode.Parse(bytes)!.AsObject();

    private sealed class Table
    {
        public long Revision { get; set; }

        public SortedDictionary<(string Namespace, string Name), byte[]> Objects { get; } = new(new Ordinal());

        public List<FeedChange> Log { get; } = [];
    }

    private sealed class Ordinal : IComparer<(string Namespace, string Name)>
    {
        public int Compare((string Namespace, string Name) x, (string Namespace, string Name) y)
        {
            var byNamespace = string.CompareOrdinal(x.Namespace, y.Namespace);
            return byNamespace != 0 ? byNamespace : string.CompareOrdinal(x.Name, y.Name);
        }
    }
}
