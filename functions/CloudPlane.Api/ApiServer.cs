using CloudPlane.Schema;
using CloudPlane.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CloudPlane.Api;

/// <summary>The Kubernetes API over a state store: every request's way from its path to its answer.</summary>
public sealed class ApiServer : IAsyncDisposable
{
    private readonly Catalog _catalog;
    private readonly IClusterDirectory _clusters;
    private readonly ILogger _logger;
    private readonly Authenticator _authenticator;
    private readonly Authorizer _authorizer;
    private readonly DocumentEndpoints _documents;
    private readonly NodeEndpoints _nodes;
    private readonly ClusterBootstrap _bootstrap;
    private readonly Registry _registry;
    private readonly WatchHub _watches;
    private readonly CancellationTokenSource _ending = new();

    /// <param name="options">Checked here; a wrong one throws <see cref="ArgumentException"/> naming it.</param>
    /// <param name="store">Not disposed with the server.</param>
    /// <param name="catalog">The served kinds.</param>
    /// <param name="clusters">Which clusters there are, and what makes and checks their bearer tokens.</param>
    /// <param name="time">The clock.</param>
    /// <param name="random">For uids, generated names, addresses and watch lifetimes; need not be safe for concurrent use.</param>
    /// <param name="logger">Where unexpected failures go.</param>
    /// <param name="links">What nodes wait on instead of watching; null lets them watch.</param>
    /// <param name="streams">The way to the nodes' logs; null for the tunnels that nodes open to this process.</param>
    public ApiServer(
        ApiServerOptions options, IStateStore store, Catalog catalog, IClusterDirectory clusters, TimeProvider time, Random random, ILogger? logger = null,
        INodeLinks? links = null, INodeStreams? streams = null)
    {
        options.Check();
        _catalog = catalog;
        _clusters = clusters;
        _logger = logger ?? NullLogger.Instance;
        var ids = new IdSource(random);
        var tunnels = new NodeTunnels(ids, time, options);
        _authenticator = new Authenticator(time);
        _authorizer = new Authorizer(new NodeAuthorizer(new PodReferences(store), store));
        _documents = new DocumentEndpoints(catalog);
        _nodes = new NodeEndpoints(_authenticator, tunnels, links, time, options, _ending.Token);
        _bootstrap = new ClusterBootstrap(store, options, ServeAsync);
        _watches = new WatchHub(store, time);
        _registry = new Registry(store, catalog, _watches, streams ?? tunnels, ids, time, options, _ending.Token);
    }

    /// <summary>Serves a request of an ASP.NET Core server: <c>app.Run(api.HandleAsync)</c>.</summary>
    public Task HandleAsync(HttpContext context) =>
        ServeAsync(HttpRequests.From(context), new HttpApiResponse(context), context.RequestAborted).AsTask();

    /// <summary>Makes what a cluster has from the start, if it is not there. Otherwise the first request that needs it does.</summary>
    public ValueTask BootstrapAsync(string cluster, CancellationToken cancellationToken) =>
        _bootstrap.EnsureAsync(new ApiRequest { Method = "GET", Path = "/", Cluster = cluster }, cancellationToken);

    /// <summary>Serves one call. Failures become a metav1.Status in the answer; nothing is thrown.</summary>
    public async ValueTask ServeAsync(ApiRequest request, ApiResponse response, CancellationToken cancellationToken)
    {
        try
        {
            await RouteAsync(request, response, cancellationToken);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // The client is gone; whatever failed on the way has nobody to be told.
        }
        catch (Exception e)
        {
            await FailAsync(request, response, ErrorTranslation.From(e, request, _logger), cancellationToken);
        }
    }

    /// <summary>Ends watches and tunnels, as their time limit would: to be called before the HTTP server waits for open requests.</summary>
    public void EndStreams() => _ending.Cancel();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _watches.DisposeAsync();
        _ending.Dispose();
    }

    private async ValueTask RouteAsync(ApiRequest request, ApiResponse response, CancellationToken cancellationToken)
    {
        var cluster = await _clusters.FindAsync(request.Cluster, cancellationToken) ?? throw ApiErrors.UnknownPath();
        if (cluster.Name != request.Cluster)
            request = request with { Cluster = cluster.Name };
        var segments = request.Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var query = new QueryParameters(request.Query);
        if (await _nodes.ServeAsync(request, response, cluster.Tokens, segments, cancellationToken))
            return;
        if (DocumentEndpoints.IsOpen(segments))
        {
            await ServeDocumentAsync(request, response, query, segments, cancellationToken);
            return;
        }

        var user = _authenticator.Authenticate(request, cluster.Tokens) ?? throw ApiErrors.Unauthorized();
        if (request.ImpersonatedUser is { } other)
            throw ApiErrors.ImpersonationRefused(other);
        if (ResourceRoute.Parse(_catalog, segments) is { } route)
        {
            await ServeResourceAsync(route, user, request, response, query, cancellationToken);
            return;
        }

        Authorizer.AuthorizePath(user, request.Method, request.Path);
        await ServeDocumentAsync(request, response, query, segments, cancellationToken);
    }

    private async ValueTask ServeResourceAsync(
        ResourceRoute route, ApiUser user, ApiRequest request, ApiResponse response, QueryParameters query, CancellationToken cancellationToken)
    {
        var operation = new Operation
        {
            Request = request,
            Response = response,
            Query = query,
            Resource = route.Resource,
            Verb = route.Verb(request.Method, query),
            Namespace = route.Namespace,
            Name = route.Name,
            Subresource = route.Subresource,
            User = user,
            Aborted = cancellationToken,
        };
        await _authorizer.AuthorizeAsync(operation);
        // Before anything is done: a write whose answer nobody can read must not have been made. A log is text, whatever is asked for.
        if (route.Subresource?.Name != "log")
            OutputForm.Negotiate(request.Accept);
        // A read of pods, or a Lease's renewal, on a cold start needs no namespaces; what creates, or touches what the bootstrap makes, does.
        if (operation.Verb is "create" || operation.Resource.StorageName is "namespaces" or "services" or "discovery.k8s.io/endpointslices")
            await _bootstrap.EnsureAsync(request, cancellationToken);
        await _registry.ServeAsync(operation);
    }

    private async ValueTask ServeDocumentAsync(
        ApiRequest request, ApiResponse response, QueryParameters query, string[] segments, CancellationToken cancellationToken)
    {
        var document = _documents.Find(request, query, segments) ?? throw ApiErrors.UnknownPath();
        await Responder.BytesAsync(request, response, query, document.Bytes, document.ContentType, 200, cancellationToken);
    }

    private static async ValueTask FailAsync(ApiRequest request, ApiResponse response, ApiStatusException failure, CancellationToken cancellationToken)
    {
        if (response.HasStarted)
        {
            response.Abort();
            return;
        }

        if (failure.Details?.RetryAfterSeconds is > 0 and var seconds)
            response.AddHeader("Retry-After", seconds.ToString(System.Globalization.CultureInfo.InvariantCulture));
        try
        {
            await Responder.BytesAsync(request, response, new QueryParameters(""), StatusDocuments.Failure(failure), "application/json", failure.Code, cancellationToken);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // Gone before it could be told.
        }
    }
}
