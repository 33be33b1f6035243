using CloudPlane.Schema;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>A call that has a route: what is to be done to which resource, and by whom.</summary>
internal sealed class Operation
{
    public required ApiRequest Request { get; init; }

    public required ApiResponse Response { get; init; }

    public required QueryParameters Query { get; init; }

    public required ResourceType Resource { get; init; }

    /// <summary>get, list, watch, create, update, patch, delete or deletecollection.</summary>
    public required string Verb { get; init; }

    /// <summary>"" for none, or for all namespaces.</summary>
    public required string Namespace { get; init; }

    /// <summary>"" for the collection.</summary>
    public required string Name { get; init; }

    public Subresource? Subresource { get; init; }

    public required CancellationToken Aborted { get; init; }

    /// <summary>The caller; set by authentication before anything else looks.</summary>
    public required ApiUser User { get; init; }

    /// <summary>Texts of Warning headers.</summary>
    public List<string> Warnings { get; } = [];

    public string Cluster => Request.Cluster;

    public Partition Partition => new(Request.Cluster, Resource.StorageName);

    public ObjectKey Key => new(Namespace, Name);

    /// <summary>The namespace that authorization and lifecycle look at: a Namespace object is its own.</summary>
    public string ScopeNamespace => Resource is { Group: "", Plural: "namespaces" } ? Name : Namespace;
}
