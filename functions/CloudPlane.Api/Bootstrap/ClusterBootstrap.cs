using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>
/// What every cluster has from the start: its first namespaces and the <c>kubernetes</c> service. Made once per process and cluster, when
/// first needed, through the same pipeline as everybody's objects.
/// </summary>
internal sealed class ClusterBootstrap(IStateStore store, ApiServerOptions options, Func<ApiRequest, ApiResponse, CancellationToken, ValueTask> serve)
{
    private const string User = "system:apiserver";
    private static readonly string[] Namespaces = ["default", "kube-system", "kube-public", "kube-node-lease"];
    private readonly ConcurrentDictionary<string, Lazy<Task>> _done = new();

    /// <summary>Completes when the cluster has them. A failure is tried again by the next caller.</summary>
    public async ValueTask EnsureAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        // Its own calls come through the pipeline too.
        if (request.User?.Name == User)
            return;
        var lazy = _done.GetOrAdd(request.Cluster, cluster => new Lazy<Task>(() => MakeAsync(cluster)));
        try
        {
            await lazy.Value.WaitAsync(cancellationToken);
        }
        catch when (lazy.Value.IsFaulted)
        {
            _done.TryRemove(new KeyValuePair<string, Lazy<Task>>(request.Cluster, lazy));
            throw;
        }
    }

    private async Task MakeAsync(string cluster)
    {
        // Shared by all callers, so no single caller's cancellation may end it.
        foreach (var name in Namespaces)
        {
            if (!await ExistsAsync(cluster, "namespaces", new ObjectKey("", name)))
                await CreateAsync(cluster, "/api/v1/namespaces", Object("v1", "Namespace", name, ""));
        }

        if (!await ExistsAsync(cluster, "services", new ObjectKey("default", "kubernetes")))
            await CreateAsync(cluster, "/api/v1/namespaces/default/services", Service());
        if (options.AdvertiseAddress is not null)
            await EnsureEndpointAsync(cluster);
    }

    private async Task EnsureEndpointAsync(string cluster)
    {
        const string path = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
        var wanted = EndpointSlice();
        var stored = await store.GetAsync(
            new Partition(cluster, "discovery.k8s.io/endpointslices"), new ObjectKey("default", "kubernetes"), CancellationToken.None);
        if (stored is null)
        {
            await CreateAsync(cluster, path, wanted);
            return;
        }

        var current = Documents.Parse(stored.Document);
        if (current.Objects("endpoints").SelectMany(e => e.Texts("addresses")).SequenceEqual([options.AdvertiseAddress!])
            && current.Objects("ports").Select(p => p.Number("port")).SequenceEqual([options.AdvertisePort]))
            return;
        await SendAsync(cluster, "PUT", path + "/kubernetes", wanted, 200);
    }

    private async ValueTask<bool> ExistsAsync(string cluster, string resource, ObjectKey key) =>
        await store.GetAsync(new Partition(cluster, resource), key, CancellationToken.None) is not null;

    private Task CreateAsync(string cluster, string path, JsonObject document) => SendAsync(cluster, "POST", path, document, 201);

    private async Task SendAsync(string cluster, string method, string path, JsonObject document, int expected)
    {
        var response = new BufferedResponse();
        var request = new ApiRequest
        {
            Method = method,
            Path = path,
            Cluster = cluster,
            ContentType = "application/json",
            User = ApiUser.ControlPlane(User),
            Body = System.IO.Pipelines.PipeReader.Create(new System.Buffers.ReadOnlySequence<byte>(Documents.ToBytes(document))),
        };
        await serve(request, response, CancellationToken.None);
        // 409: another instance was faster.
        if (response.StatusCode != expected && response.StatusCode != 409)
            throw ApiErrors.ServiceUnavailable($"the cluster's first objects can't be made: {method} {path}: {Encoding.UTF8.GetString(response.Written.Span)}");
    }

    private JsonObject Service()
    {
        var service = Object("v1", "Service", "kubernetes", "default");
        service.Metadata()["labels"] = new JsonObject { ["component"] = "apiserver", ["provider"] = "kubernetes" };
        service["spec"] = new JsonObject
        {
            ["type"] = "ClusterIP",
            ["clusterIP"] = $"{options.ServiceNetworkPrefix}.0.1",
            ["ports"] = new JsonArray(new JsonObject { ["name"] = "https", ["protocol"] = "TCP", ["port"] = 443, ["targetPort"] = options.AdvertisePort }),
        };
        return service;
    }

    private JsonObject EndpointSlice()
    {
        var slice = Object("discovery.k8s.io/v1", "EndpointSlice", "kubernetes", "default");
        slice.Metadata()["labels"] = new JsonObject { ["kubernetes.io/service-name"] = "kubernetes" };
        slice["addressType"] = options.AdvertiseAddress!.Contains(':') ? "IPv6" : "IPv4";
        slice["endpoints"] = new JsonArray(new JsonObject
        {
            ["addresses"] = new JsonArray(options.AdvertiseAddress),
            ["conditions"] = new JsonObject { ["ready"] = true },
        });
        slice["ports"] = new JsonArray(new JsonObject { ["name"] = "https", ["protocol"] = "TCP", ["port"] = options.AdvertisePort });
        return slice;
    }

    private static JsonObject Object(string apiVersion, string kind, string name, string space)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (space.Length > 0)
            metadata["namespace"] = space;
        return new JsonObject { ["apiVersion"] = apiVersion, ["kind"] = kind, ["metadata"] = metadata };
    }
}
