using CloudPlane.Schema;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>From an operation to the one that carries it out.</summary>
internal sealed class Registry
{
    private readonly Getter _getter;
    private readonly Lister _lister;
    private readonly Watcher _watcher;
    private readonly Creator _creator;
    private readonly Updater _updater;
    private readonly Patcher _patcher;
    private readonly Deleter _deleter;
    private readonly CollectionDeleter _collectionDeleter;
    private readonly ScaleSubresource _scale;
    private readonly BindingSubresource _binding;
    private readonly EvictionSubresource _eviction;
    private readonly LogSubresource _log;

    public Registry(
        IStateStore store, Catalog catalog, WatchHub watches, INodeStreams streams, IdSource ids, TimeProvider time, ApiServerOptions options, CancellationToken ending)
    {
        var responder = new Responder(time);
        var freshness = new Freshness(store, time, options);
        var admission = new AdmissionChain(new NamespaceLifecycle(store, catalog), new ServiceAccountAdmission(store), new ServiceAllocator(store, options, ids, time));
        var flow = new UpdateFlow(store, admission, ids);
        _getter = new Getter(store, freshness, responder);
        _lister = new Lister(store, freshness, responder);
        _watcher = new Watcher(store, watches, freshness, responder, time, ids, options, ending);
        _creator = new Creator(store, admission, responder, ids, time);
        _updater = new Updater(flow, responder);
        _patcher = new Patcher(flow, responder);
        _deleter = new Deleter(store, catalog, admission, responder, ids, time);
        _collectionDeleter = new CollectionDeleter(_lister, _deleter, catalog);
        _scale = new ScaleSubresource(store, catalog, flow, responder);
        _binding = new BindingSubresource(store, catalog, ids, time);
        _eviction = new EvictionSubresource(store, catalog, _deleter, ids, time);
        _log = new LogSubresource(store, streams, time, options);
    }

    public ValueTask ServeAsync(Operation operation) => (operation.Subresource?.Name, operation.Verb) switch
    {
        ("scale", "get") => _scale.GetAsync(operation),
        ("scale", "update") => _scale.UpdateAsync(operation),
        ("scale", "patch") => _scale.PatchAsync(operation),
        ("binding", "create") => _binding.CreateAsync(operation),
        ("eviction", "create") => _eviction.CreateAsync(operation),
        ("log", "get") => _log.GetAsync(operation),
        (_, "get") => _getter.GetAsync(operation),
        (_, "list") => _lister.ListAsync(operation),
        (_, "watch") => _watcher.WatchAsync(operation),
        (null, "create") when operation.Resource.StorageName == "bindings" => _binding.CreateAsync(operation),
        (null, "create") => _creator.CreateAsync(operation),
        (null or "status" or "finalize", "update") => _updater.UpdateAsync(operation),
        (null or "status", "patch") => _patcher.PatchAsync(operation),
        (null, "delete") => _deleter.DeleteAsync(operation),
        (null, "deletecollection") => _collectionDeleter.DeleteAsync(operation),
        _ => throw ApiErrors.MethodNotAllowed(),
    };
}
