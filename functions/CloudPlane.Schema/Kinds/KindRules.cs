using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>
/// What a schema can't say, by kind: what create and update reset, what must hold, what deserves a warning.
/// Documents are decoded and defaulted; metadata's system fields (uid, creationTimestamp, resourceVersion, managedFields) are the caller's.
/// </summary>
public static class KindRules
{
    /// <summary>Before validation of a create: status is cleared where there is a status subresource, generation set, kind-specific fields filled.</summary>
    public static void PrepareForCreate(ResourceType resource, JsonObject document) => throw new NotImplementedException();

    /// <summary>
    /// Before validation of an update: the main resource keeps the stored status, the status subresource keeps everything but status
    /// (and the metadata that it may change); generation grows when the spec changed.
    /// </summary>
    public static void PrepareForUpdate(ResourceType resource, string? subresource, JsonObject document, JsonObject stored) => throw new NotImplementedException();

    /// <summary>All faults together, metadata included (names, labels, annotations, owner references, finalizers). Empty when valid.</summary>
    public static IReadOnlyList<FieldError> ValidateCreate(ResourceType resource, JsonObject document) => throw new NotImplementedException();

    /// <summary>All faults of an update, immutable fields included.</summary>
    public static IReadOnlyList<FieldError> ValidateUpdate(ResourceType resource, string? subresource, JsonObject document, JsonObject stored) => throw new NotImplementedException();

    /// <summary>What the Warning headers say, e.g. for deprecated annotations or duplicate environment variable names.</summary>
    public static IReadOnlyList<string> Warnings(ResourceType resource, JsonObject document, JsonObject? stored) => throw new NotImplementedException();
}
