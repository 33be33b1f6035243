using System.Text.Json.Nodes;
using CloudPlane.Schema;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>DELETE of one object: at once, or as a mark that its finalizers or its node act on.</summary>
internal sealed class Deleter(IStateStore store, Catalog catalog, AdmissionChain admission, Responder responder, IdSource ids, TimeProvider time)
{
    private const int Attempts = 10;

    public async ValueTask DeleteAsync(Operation operation)
    {
        var options = await DeleteOptions.ReadAsync(operation, catalog);
        var deleted = await DeleteAsync(operation, operation.Key, options);
        if (deleted.IsGone && !ReturnsObject(operation.Resource))
            await Responder.BytesAsync(operation, StatusDocuments.Success(Details(operation, deleted.Document)));
        else
            await responder.ObjectAsync(operation, deleted.Document);
    }

    /// <summary>Deletes one object of the operation's resource; 404 when there is none.</summary>
    public async ValueTask<Deleted> DeleteAsync(Operation operation, ObjectKey key, DeleteOptions options)
    {
        AdmissionChain.AdmitDelete(operation, key);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            var stored = await store.GetAsync(operation.Partition, key, operation.Aborted) ?? throw ApiErrors.NotFound(operation.Resource, key.Name);
            var document = Documents.Parse(stored.Document);
            options.CheckPreconditions(operation, stored, document);
            var changed = Deletion.Begin(operation.Resource, document, options, time.GetUtcNow());
            var gone = Deletion.IsComplete(operation.Resource, document);
            if (options.DryRun || (!changed && !gone))
                return new Deleted(options.DryRun ? Documents.ToBytes(document) : stored.Document, gone);

            var write = new Write(key, stored.Revision, Documents.Encode(document), gone, ids.NewUid()) { Current = stored.Document };
            var result = await store.WriteAsync(operation.Partition, write, operation.Aborted);
            if (result.Outcome == WriteOutcome.TooLarge)
                throw ApiErrors.TooLarge($"{operation.Resource.Kind} {GoText.Quote(key.Name)} is larger than the state store can hold");
            if (result.Outcome == WriteOutcome.Conflict)
                continue;
            if (gone)
                await admission.ReleaseAsync(operation, document);
            return new Deleted(result.Object!.Document, gone);
        }

        throw ApiErrors.Modified(operation.Resource, key.Name);
    }

    /// <summary>The kinds whose registry has ReturnDeletedObject; the others answer with a Status.</summary>
    private static bool ReturnsObject(ResourceType resource) => resource.StorageName is "pods" or "services" or "serviceaccounts";

    private static StatusDetails Details(Operation operation, ReadOnlyMemory<byte> document) =>
        new(operation.Name, operation.Resource.Group, operation.Resource.Plural)
        {
            Uid = ((JsonObject?)Documents.Parse(document)).Object("metadata").Text("uid"),
        };
}

/// <summary>What a deletion did: <paramref name="IsGone"/>, or only marked.</summary>
internal sealed record Deleted(ReadOnlyMemory<byte> Document, bool IsGone);
