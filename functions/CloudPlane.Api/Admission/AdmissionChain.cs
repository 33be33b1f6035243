using System.Text.Json.Nodes;
using CloudPlane.Schema;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>What stands between a well-formed object and the store, in order.</summary>
internal sealed class AdmissionChain(NamespaceLifecycle namespaces, ServiceAccountAdmission accounts, ServiceAllocator services)
{
    /// <summary>May change the document.</summary>
    /// <exception cref="ApiStatusException">403, or 404 for a missing namespace.</exception>
    public async ValueTask AdmitCreateAsync(Operation operation, JsonObject document)
    {
        await namespaces.CheckCreateAsync(operation, document.Metadata().Text("name"));
        NodeRestriction.Check(operation, document, null);
        if (operation.Resource.StorageName != "pods")
            return;
        if (PodAdmission.Admit(document) is { } refusal)
            throw ApiErrors.Forbidden(operation.Resource, document.Metadata().Text("name"), refusal);
        await accounts.AdmitAsync(operation, document);
    }

    /// <exception cref="ApiStatusException">403.</exception>
    public static void AdmitUpdate(Operation operation, JsonObject document, JsonObject stored) => NodeRestriction.Check(operation, document, stored);

    /// <exception cref="ApiStatusException">403 for the namespaces that a cluster can't be without.</exception>
    public static void AdmitDelete(Operation operation, ObjectKey key) => NamespaceLifecycle.CheckDelete(operation, key);

    /// <summary>
    /// Reserves what the object needs cluster-wide and writes it into the document. Undone on disposal, unless kept. A dry run chooses and checks,
    /// and reserves nothing.
    /// </summary>
    public ValueTask<IAllocation> AllocateAsync(Operation operation, JsonObject document, JsonObject? stored, bool dryRun = false) =>
        operation.Resource.StorageName == "services" && operation.Subresource is null
            ? services.AllocateAsync(operation, document, stored, dryRun)
            : new(NoAllocation.Instance);

    /// <summary>Gives back what a deleted object had.</summary>
    public ValueTask ReleaseAsync(Operation operation, JsonObject document) =>
        operation.Resource.StorageName == "services" ? services.ReleaseAsync(operation, document) : default;
}

/// <summary>Reservations of one write.</summary>
internal interface IAllocation : IAsyncDisposable
{
    /// <summary>The write is done: they stay, and those that the object no longer uses go.</summary>
    ValueTask KeepAsync(CancellationToken cancellationToken);
}

/// <summary>For objects that need none.</summary>
internal sealed class NoAllocation : IAllocation
{
    public static readonly NoAllocation Instance = new();

    public ValueTask KeepAsync(CancellationToken cancellationToken) => default;

    public ValueTask DisposeAsync() => default;
}
