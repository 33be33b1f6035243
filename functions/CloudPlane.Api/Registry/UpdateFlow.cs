using System.Text.Json.Nodes;
using CloudPlane.Schema;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>What every change of a stored object goes through, whatever verb it came by.</summary>
internal sealed class UpdateFlow(IStateStore store, AdmissionChain admission, IdSource ids)
{
    /// <summary>
    /// Reads the object, lets <paramref name="change"/> say what it shall be, and writes that. A lost race is tried again with the
    /// newer object, unless the change insists on the revision that it was made for.
    /// </summary>
    /// <returns>The document as stored, or as it would be with dry run.</returns>
    public async ValueTask<ReadOnlyMemory<byte>> RunAsync(Operation operation, UpdateKind kind, bool dryRun, Func<JsonObject, JsonObject> change)
    {
        for (var attempt = 1; attempt <= kind.Attempts; attempt++)
        {
            var stored = await store.GetAsync(operation.Partition, operation.Key, operation.Aborted)
                ?? throw ApiErrors.NotFound(operation.Resource, operation.Name);
            var before = Documents.Parse(stored.Document);
            var (document, insists) = Prepare(operation, kind, before, stored.Revision, change);
            AdmissionChain.AdmitUpdate(operation, document, before);
            Check(operation, kind, document, before);
            if (dryRun)
            {
                await using var allocation = await admission.AllocateAsync(operation, document, before, dryRun: true);
                return Documents.ToBytes(document);
            }

            if (await WriteAsync(operation, stored, before, document) is { } written)
                return written;
            if (insists)
                throw ApiErrors.Modified(operation.Resource, operation.Name);
        }

        throw ApiErrors.Modified(operation.Resource, operation.Name);
    }

    private static (JsonObject Document, bool Insists) Prepare(
        Operation operation, UpdateKind kind, JsonObject before, long revision, Func<JsonObject, JsonObject> change)
    {
        var document = change(before);
        var wanted = document.Metadata().Text("resourceVersion");
        if (wanted.Length > 0 && wanted != "0" && Freshness.Parse(wanted) != revision)
            throw ApiErrors.Modified(operation.Resource, operation.Name);
        // Leases are the one served kind whose registry refuses a blind update (AllowUnconditionalUpdate is false).
        if (wanted.Length == 0 && operation.Resource.StorageName == "coordination.k8s.io/leases")
        {
            throw ApiErrors.Invalid(operation.Resource, operation.Name,
                [new FieldError(FieldErrorType.FieldValueInvalid, "metadata.resourceVersion", "Invalid value: 0: must be specified for an update")]);
        }

        SystemFields.KeepForUpdate(operation, document, before);
        Defaulter.Default(operation.Resource, document);
        KindRules.PrepareForUpdate(operation.Resource, kind.Subresource, document, before);
        return (document, kind.Insists && wanted.Length > 0 && wanted != "0");
    }

    private static void Check(Operation operation, UpdateKind kind, JsonObject document, JsonObject before)
    {
        var errors = KindRules.ValidateUpdate(operation.Resource, kind.Subresource, document, before);
        if (errors.Count > 0)
            throw ApiErrors.Invalid(operation.Resource, operation.Name, errors);
        if (kind.Subresource is null)
        {
            foreach (var warning in KindRules.Warnings(operation.Resource, document, before))
            {
                if (!operation.Warnings.Contains(warning))
                    operation.Warnings.Add(warning);
            }
        }
    }

    /// <summary>The new bytes; null when somebody else was faster.</summary>
    private async ValueTask<ReadOnlyMemory<byte>?> WriteAsync(Operation operation, StoredObject stored, JsonObject before, JsonObject document)
    {
        // An update that changes nothing writes nothing: the revision stays, watchers hear nothing.
        if (JsonNode.DeepEquals(document, before) && !Deletion.IsComplete(operation.Resource, document))
            return stored.Document;
        await using var allocation = await admission.AllocateAsync(operation, document, before);
        var delete = Deletion.IsComplete(operation.Resource, document);
        var write = new Write(operation.Key, stored.Revision, Documents.Encode(document), delete, ids.NewUid()) { Current = stored.Document };
        var result = await store.WriteAsync(operation.Partition, write, operation.Aborted);
        switch (result.Outcome)
        {
            case WriteOutcome.Committed:
                await allocation.KeepAsync(operation.Aborted);
                if (delete)
                    await admission.ReleaseAsync(operation, document);
                return result.Object!.Document;
            case WriteOutcome.TooLarge:
                throw ApiErrors.TooLarge($"{operation.Resource.Kind} {GoText.Quote(operation.Name)} is larger than the state store can hold");
            default:
                return result.Object is null ? throw ApiErrors.NotFound(operation.Resource, operation.Name) : null;
        }
    }
}

/// <param name="Subresource">"status" or "finalize", or null for the object itself.</param>
/// <param name="Insists">Whether a revision in the document is the caller's precondition, so that a lost race is its conflict.</param>
/// <param name="Attempts">How often a lost race is tried again.</param>
internal sealed record UpdateKind(string? Subresource, bool Insists, int Attempts);
