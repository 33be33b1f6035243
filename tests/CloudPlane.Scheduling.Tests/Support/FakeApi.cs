using System.Text;
using System.Text.Json.Nodes;
using CloudPlane.Client;

namespace CloudPlane.Scheduling.Tests;

/// <summary>The few calls of the API that a scheduler makes, over pods and nodes in memory; its log is the change feed.</summary>
internal sealed class FakeApi : IApiTransport, IChangeFeed
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, SortedDictionary<ObjectName, ReadOnlyMemory<byte>>> _objects = new() { ["pods"] = [], ["nodes"] = [], ["namespaces"] = [] };
    private readonly Dictionary<string, List<FeedChange>> _log = new() { ["pods"] = [], ["nodes"] = [], ["namespaces"] = [] };

    public List<(string Type, string Reason, string Message)> Events { get; } = [];

    public List<JsonObject> StatusPatches { get; } = [];

    /// <summary>Runs before each binding is made; may throw.</summary>
    public Func<string, Task> BeforeBinding { get; set; } = _ => Task.CompletedTask;

    public void Put<T>(T value) where T : class, IKubernetesObject<T>
    {
        lock (_lock)
        {
            var (objects, log) = (_objects[T.Resource.StorageName], _log[T.Resource.StorageName]);
            var (name, document) = (ObjectName.Of(value.Metadata), ModelJson.ToBytes(value));
            log.Add(new FeedChange(log.Count + 1, false, document, objects.GetValueOrDefault(name)));
            objects[name] = document;
        }
    }

    public void Delete<T>(string ns, string name) where T : class, IKubernetesObject<T>
    {
        lock (_lock)
        {
            var log = _log[T.Resource.StorageName];
            if (_objects[T.Resource.StorageName].Remove(new ObjectName(ns, name), out var last)) log.Add(new FeedChange(log.Count + 1, true, last, last));
        }
    }

    public Pod? Pod(string name)
    {
        lock (_lock) return _objects["pods"].TryGetValue(new ObjectName("default", name), out var document) ? ModelJson.Parse<Pod>(document.Span) : null;
    }

    public IReadOnlyList<Pod> Pods()
    {
        lock (_lock) return [.. _objects["pods"].Values.Select(d => ModelJson.Parse<Pod>(d.Span))];
    }

    public async ValueTask<ApiAnswer> SendAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var body = JsonNode.Parse(call.Body.Span)!.AsObject();
        var path = call.PathAndQuery.Split('/');
        if (path[^1] == "events")
        {
            lock (_lock) Events.Add(((string)body["type"]!, (string)body["reason"]!, (string)body["message"]!));
            return new ApiAnswer(201, call.Body);
        }
        if (path[^1] == "binding")
        {
            await BeforeBinding(path[^2]);
            return Bind(path[^2], body);
        }
        if (call.Method == "PATCH" && path[^1] == "status")
        {
            lock (_lock) StatusPatches.Add(body);
            return SetConditions(path[^2], body);
        }
        return Answer(200, "{}");
    }

    public ValueTask<ApiStreamAnswer> OpenAsync(ApiCall call, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<FeedSnapshot> ListAsync(string resource, CancellationToken cancellationToken)
    {
        lock (_lock) return ValueTask.FromResult(new FeedSnapshot(_log[resource].Count, [.. _objects[resource].Values]));
    }

    public ValueTask<long> GetHeadAsync(string resource, CancellationToken cancellationToken)
    {
        lock (_lock) return ValueTask.FromResult((long)_log[resource].Count);
    }

    public ValueTask<IReadOnlyList<FeedChange>?> ReadAsync(string resource, long after, CancellationToken cancellationToken)
    {
        lock (_lock) return ValueTask.FromResult<IReadOnlyList<FeedChange>?>([.. _log[resource].Skip((int)after)]);
    }

    public ValueTask WaitAsync(string resource, long after, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    private ApiAnswer Bind(string name, JsonObject binding)
    {
        lock (_lock)
        {
            if (Pod(name) is not { } pod) return Answer(404, """{"code":404,"reason":"NotFound","message":"gone"}""");
            if (pod.Spec!.NodeName is { Length: > 0 }) return Answer(409, """{"code":409,"reason":"Conflict","message":"already assigned"}""");
            Put(pod with { Spec = pod.Spec with { NodeName = (string)binding["target"]!["name"]! } });
            return Answer(201, "{}");
        }
    }

    private ApiAnswer SetConditions(string name, JsonObject patch)
    {
        lock (_lock)
        {
            if (Pod(name) is not { } pod) return Answer(404, """{"code":404,"reason":"NotFound","message":"gone"}""");
            var status = ModelJson.Parse<PodStatus>(Encoding.UTF8.GetBytes(patch["status"]!.ToJsonString()));
            pod = pod with { Status = (pod.Status ?? new()) with { Conditions = status.Conditions } };
            Put(pod);
            return new ApiAnswer(200, ModelJson.ToBytes(pod));
        }
    }

    private static ApiAnswer Answer(int status, string body) => new(status, Encoding.UTF8.GetBytes(body));
}
