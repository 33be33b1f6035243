using System.Text.Json.Nodes;
using CloudPlane.Schema;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>POST of a new object.</summary>
internal sealed class Creator(IStateStore store, AdmissionChain admission, Responder responder, IdSource ids, TimeProvider time)
{
    // Names of generateName that collide are drawn again, as often as Kubernetes does.
    private const int NameAttempts = 8;

    public async ValueTask CreateAsync(Operation operation)
    {
        // 1. Read and decode.
        var options = WriteOptions.Parse(operation.Query, "CreateOptions");
        var body = await RequestBody.ReadJsonAsync(operation.Request, operation.Resource.Schema, operation.Aborted);
        var document = BodyDecoder.Decode(operation, ExpectedKind.Of(operation.Resource), body, options.FieldValidation);

        // 2. Fill in.
        var generatesName = document.Metadata().Text("name").Length == 0;
        SystemFields.SetForCreate(operation, document, ids, time);
        Defaulter.Default(operation.Resource, document);
        await admission.AdmitCreateAsync(operation, document);
        KindRules.PrepareForCreate(operation.Resource, document);

        // 3. Check.
        var errors = KindRules.ValidateCreate(operation.Resource, document);
        if (errors.Count > 0)
            throw ApiErrors.Invalid(operation.Resource, NameOf(document), errors);
        operation.Warnings.AddRange(KindRules.Warnings(operation.Resource, document, null));

        // 4. Store and answer.
        var stored = options.DryRun ? await TryAsync(operation, document, generatesName) : await StoreAsync(operation, document, generatesName);
        await responder.ObjectAsync(operation, stored, 201);
    }

    /// <summary>A dry run: what would be stored.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> TryAsync(Operation operation, JsonObject document, bool generatesName)
    {
        var key = new ObjectKey(operation.Namespace, document.Metadata().Text("name"));
        if (!generatesName && await store.GetAsync(operation.Partition, key, operation.Aborted) is { } taken)
            throw ApiErrors.AlreadyExists(operation.Resource, key.Name, IsBeingDeleted(taken));
        await using var allocation = await admission.AllocateAsync(operation, document, null, dryRun: true);
        return Documents.ToBytes(document);
    }

    private async ValueTask<ReadOnlyMemory<byte>> StoreAsync(Operation operation, JsonObject document, bool generatesName)
    {
        var metadata = document.Metadata();
        var prefix = metadata.Text("generateName");
        for (var attempt = 1; ; attempt++)
        {
            var name = metadata.Text("name");
            var result = await WriteAsync(operation, document, new ObjectKey(operation.Namespace, name));
            switch (result.Outcome)
            {
                case WriteOutcome.Committed:
                    return result.Object!.Document;
                case WriteOutcome.TooLarge:
                    throw ApiErrors.TooLarge($"{operation.Resource.Kind} {GoText.Quote(name)} is larger than the state store can hold");
                default:
                    if (!generatesName || attempt == NameAttempts)
                        throw ApiErrors.AlreadyExists(operation.Resource, name, IsBeingDeleted(result.Object));
                    metadata["name"] = ids.NewName(prefix);
                    break;
            }
        }
    }

    private async ValueTask<WriteResult> WriteAsync(Operation operation, JsonObject document, ObjectKey key)
    {
        await using var allocation = await admission.AllocateAsync(operation, document, null);
        var result = await store.WriteAsync(operation.Partition, new Write(key, 0, Documents.Encode(document), false, ids.NewUid()), operation.Aborted);
        if (result.Outcome == WriteOutcome.Committed)
            await allocation.KeepAsync(operation.Aborted);
        return result;
    }

    private static bool IsBeingDeleted(StoredObject? stored) =>
        stored is not null && !Documents.Member(Documents.Member(stored.Document, "metadata"u8), "deletionTimestamp"u8).IsEmpty;

    private static string NameOf(JsonObject document)
    {
        var metadata = document.Metadata();
        return metadata.Text("name") is { Length: > 0 } name ? name : metadata.Text("generateName");
    }
}
