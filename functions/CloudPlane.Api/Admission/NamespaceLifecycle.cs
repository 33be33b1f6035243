using CloudPlane.Schema;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>Objects are made in namespaces that exist and stay (Kubernetes' NamespaceLifecycle admission plugin).</summary>
internal sealed class NamespaceLifecycle(IStateStore store, Catalog catalog)
{
    public async ValueTask CheckCreateAsync(Operation operation, string name)
    {
        if (!operation.Resource.Namespaced)
            return;
        var found = await store.GetAsync(new Partition(operation.Cluster, "namespaces"), new ObjectKey("", operation.Namespace), operation.Aborted)
            ?? throw ApiErrors.NotFound(catalog.Find("", "v1", "namespaces")!, operation.Namespace);
        if (!IsTerminating(found.Document))
            return;
        throw ApiErrors.Forbidden(operation.Resource, name, $"unable to create new content in namespace {operation.Namespace} because it is being terminated",
            new StatusCause("NamespaceTerminating", $"namespace {operation.Namespace} is being terminated", "metadata.namespace"));
    }

    public static void CheckDelete(Operation operation, ObjectKey key)
    {
        if (operation.Resource.StorageName == "namespaces" && key.Name is ("default" or "kube-system" or "kube-public"))
            throw ApiErrors.Forbidden(operation.Resource, key.Name, "this namespace may not be deleted");
    }

    private static bool IsTerminating(ReadOnlyMemory<byte> document) =>
        !Documents.Member(Documents.Member(document, "metadata"u8), "deletionTimestamp"u8).IsEmpty;
}
