using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;
using CloudPlane.Client;

namespace CloudPlane.Agent.Tests;

/// <summary>
/// An API server for tests: objects by path, one revision, watches, graceful deletion of pods, and the merge that status patches need.
/// It can be cut off, and then every call fails as a broken connection does.
/// </summary>
internal sealed class FakeApi : IApiTransport
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, JsonObject> _objects = new(StringComparer.Ordinal);
    private readonly List<(string Collection, string? Node, PipeWriter Writer)> _watches = [];
    private long _revision;

    /// <summary>No call gets through, and watches break.</summary>
    public bool CutOff { get; private set; }

    /// <summary>"METHOD path" of each call, in order.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>How many calls of this beginning there were.</summary>
    public int CountCalls(string beginning)
    {
        lock (_lock) return Calls.Count(call => call.StartsWith(beginning, StringComparison.Ordinal));
    }

    public void Cut()
    {
        lock (_lock)
        {
            CutOff = true;
            foreach (var watch in _watches) watch.Writer.Complete();
            _watches.Clear();
        }
    }

    public void Restore()
    {
        lock (_lock) CutOff = false;
    }

    public void Put(string collection, string json)
    {
        lock (_lock) Create(collection, (JsonObject)JsonNode.Parse(json)!);
    }

    public void Change(string path, Action<JsonObject> change)
    {
        lock (_lock)
        {
            var document = (JsonObject)_objects[path].DeepClone();
            change(document);
            Store(path, document, "MODIFIED");
        }
    }

    /// <summary>DELETE as a user sends it.</summary>
    public void Delete(string path, long grace)
    {
        lock (_lock) DeleteGracefully(path, grace);
    }

    public JsonObject? Get(string path)
    {
        lock (_lock) return _objects.TryGetValue(path, out var document) ? (JsonObject)document.DeepClone() : null;
    }

    public IReadOnlyList<JsonObject> List(string prefix)
    {
        lock (_lock) return [.. _objects.Where(o => o.Key.StartsWith(prefix, StringComparison.Ordinal))
            .Select(o => (JsonObject)o.Value.DeepClone())];
    }

    public ValueTask<ApiAnswer> SendAsync(ApiCall call, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (CutOff) throw new ApiUnreachableException("cut off");
            Calls.Add($"{call.Method} {call.PathAndQuery}");
            return ValueTask.FromResult(Answer(call));
        }
    }

    public ValueTask<ApiStreamAnswer> OpenAsync(ApiCall call, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (CutOff) throw new ApiUnreachableException("cut off");
            var pipe = new Pipe();
            var (collection, query) = Split(call.PathAndQuery);
            var node = Node(query);
            // A fake's watch: everything that is there comes again as MODIFIED, which a level-triggered client must bear.
            foreach (var (path, document) in _objects)
                if (In(collection, path) && Selected(document, node)) Write(pipe.Writer, "MODIFIED", document);
            _watches.Add((collection, node, pipe.Writer));
            return ValueTask.FromResult(new ApiStreamAnswer(200, pipe.Reader.AsStream()));
        }
    }

    private ApiAnswer Answer(ApiCall call)
    {
        var (path, query) = Split(call.PathAndQuery);
        var body = call.Body.IsEmpty ? null : (JsonObject?)JsonNode.Parse(call.Body.Span);
        var status = path.EndsWith("/status", StringComparison.Ordinal);
        if (status) path = path[..^"/status".Length];
        switch (call.Method)
        {
            case "POST":
                return new ApiAnswer(201, Bytes(Create(path, body!)));
            case "GET" when _objects.TryGetValue(path, out var found):
                return new ApiAnswer(200, Bytes(found));
            case "GET" when IsCollection(path):
                var node = Node(query);
                var items = new JsonArray(
                    [.. _objects.Where(o => In(path, o.Key) && Selected(o.Value, node)).Select(o => o.Value.DeepClone())]);
                return new ApiAnswer(200,
                    Bytes(new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = $"{_revision}" }, ["items"] = items }));
            case "PATCH" when _objects.TryGetValue(path, out var old):
                if (body!["metadata"]?["uid"] is { } uid && (string?)uid != (string?)old["metadata"]!["uid"])
                    return Error(409, "Conflict", "uid differs");
                var patched = (JsonObject)old.DeepClone();
                Merge(patched, body);
                return new ApiAnswer(200, Bytes(Store(path, patched, "MODIFIED")));
            case "DELETE" when _objects.TryGetValue(path, out var doomed):
                if (body?["preconditions"]?["uid"] is { } wanted && (string?)wanted != (string?)doomed["metadata"]!["uid"])
                    return Error(409, "Conflict", "uid differs");
                DeleteGracefully(path, (long?)body?["gracePeriodSeconds"] ?? 30);
                return new ApiAnswer(200, Bytes(doomed));
            default:
                return Error(404, "NotFound", $"{path} not found");
        }
    }

    private JsonObject Create(string collection, JsonObject document)
    {
        var metadata = (JsonObject)document["metadata"]!;
        metadata["uid"] ??= Guid.NewGuid().ToString();
        metadata["creationTimestamp"] ??= "2026-01-01T00:00:00Z";
        metadata["generation"] ??= 1;
        // The recorder names events by the time, which stands still here.
        if (collection.EndsWith("/events", StringComparison.Ordinal)) metadata["name"] = $"{(string)metadata["name"]!}-{_revision}";
        return Store($"{collection}/{(string)metadata["name"]!}", document, "ADDED");
    }

    private void DeleteGracefully(string path, long grace)
    {
        var document = _objects[path];
        var running = document["spec"]?["nodeName"] is not null && (string?)document["status"]?["phase"] is not ("Succeeded" or "Failed");
        if (grace == 0 || !running)
        {
            _objects.Remove(path);
            var gone = (JsonObject)document.DeepClone();
            gone["metadata"]!["resourceVersion"] = $"{++_revision}";
            Notify(path, gone, "DELETED");
            return;
        }
        var dying = (JsonObject)document.DeepClone();
        dying["metadata"]!["deletionTimestamp"] ??= "2026-01-01T00:00:30Z";
        dying["metadata"]!["deletionGracePeriodSeconds"] = grace;
        Store(path, dying, "MODIFIED");
    }

    private JsonObject Store(string path, JsonObject document, string type)
    {
        document["metadata"]!["resourceVersion"] = $"{++_revision}";
        _objects[path] = document;
        Notify(path, document, type);
        return document;
    }

    private void Notify(string path, JsonObject document, string type)
    {
        foreach (var watch in _watches)
            if (In(watch.Collection, path) && Selected(document, watch.Node)) Write(watch.Writer, type, document);
    }

    private static void Write(PipeWriter writer, string type, JsonObject document)
    {
        writer.Write(Encoding.UTF8.GetBytes(new JsonObject { ["type"] = type, ["object"] = document.DeepClone() }.ToJsonString() + "\n"));
        var flush = writer.FlushAsync();
        if (!flush.IsCompleted) flush.AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Maps merge, conditions and addresses merge by key, other lists are replaced, null removes.</summary>
    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null) target.Remove(name);
            else if (value is JsonObject map && target[name] is JsonObject inner) Merge(inner, map);
            else if (name is "conditions" or "addresses" && value is JsonArray changed && target[name] is JsonArray kept)
            {
                foreach (var item in changed)
                {
                    var same = kept.FirstOrDefault(k => (string?)k!["type"] == (string?)item!["type"]);
                    if (same is null) kept.Add((JsonNode)item!.DeepClone());
                    else Merge((JsonObject)same, (JsonObject)item!);
                }
            }
            else if (value is JsonArray list)
                target[name] = new JsonArray(
                    [.. list.Where(i => i is not JsonObject { Count: 1 } marker || !marker.ContainsKey("$patch"))
                    .Select(i => i!.DeepClone())]);
            else target[name] = value.DeepClone();
        }
    }

    private static bool IsCollection(string path) =>
        path.Split('/')[^1] is "pods" or "nodes" or "services" or "events" or "configmaps" or "secrets" or "leases";

    /// <summary>The collection of all namespaces is "/api/v1/pods"; objects are below "/api/v1/namespaces/NS/pods".</summary>
    private static bool In(string collection, string path)
    {
        if (path.StartsWith(collection + "/", StringComparison.Ordinal)) return true;
        var plural = collection[(collection.LastIndexOf('/') + 1)..];
        return path.StartsWith("/api/v1/namespaces/", StringComparison.Ordinal) && path.Split('/') is [_, _, _, _, _, var kind, _] &&
            kind == plural && !collection.Contains("/namespaces/");
    }

    private static bool Selected(JsonObject document, string? node) => node is null || (string?)document["spec"]?["nodeName"] == node;

    private static string? Node(string query)
    {
        var text = Uri.UnescapeDataString(query);
        const string Key = "fieldSelector=spec.nodeName=";
        var at = text.IndexOf(Key, StringComparison.Ordinal);
        return at < 0 ? null : text[(at + Key.Length)..].Split('&')[0];
    }

    private static (string Path, string Query) Split(string text) =>
        text.Split('?', 2) is [var path, var query] ? (path, query) : (text, "");

    private static ApiAnswer Error(int code, string reason, string message) =>
        new(code, Bytes(new JsonObject { ["kind"] = "Status", ["code"] = code, ["reason"] = reason, ["message"] = message }));

    private static byte[] Bytes(JsonObject document) => Encoding.UTF8.GetBytes(document.ToJsonString());
}
