using System.Text.Json.Nodes;

namespace CloudPlane.Api;

/// <summary>The metadata that only the server sets.</summary>
internal static class SystemFields
{
    /// <summary>For a new object. What the client sent there is dropped, as Kubernetes drops it.</summary>
    public static void SetForCreate(Operation operation, JsonObject document, IdSource ids, TimeProvider time)
    {
        var metadata = document.Metadata();
        if (metadata.Text("resourceVersion") is not ("" or "0"))
            throw ApiErrors.BadRequest("resourceVersion should not be set on objects to be created");
        SetNamespace(operation, metadata);
        foreach (var name in (ReadOnlySpan<string>)["resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "managedFields"])
            metadata.Remove(name);
        if (metadata.Text("name").Length == 0 && metadata.Text("generateName") is { Length: > 0 } prefix)
            metadata["name"] = ids.NewName(prefix);
        metadata["uid"] = ids.NewUid().ToString();
        metadata["creationTimestamp"] = JsonFields.Timestamp(time.GetUtcNow());
    }

    /// <summary>For a changed object: identity and deletion marks stay what they are.</summary>
    public static void KeepForUpdate(Operation operation, JsonObject document, JsonObject stored)
    {
        var metadata = document.Metadata();
        var old = stored.Metadata();
        SetNamespace(operation, metadata);
        var name = metadata.Text("name");
        if (name != operation.Name)
            throw ApiErrors.BadRequest($"the name of the object ({name}) does not match the name on the URL ({operation.Name})");
        if (metadata.Text("uid") is { Length: > 0 } uid && uid != old.Text("uid"))
        {
            throw ApiErrors.Conflict(operation.Resource, name,
                $"Precondition failed: UID in precondition: {uid}, UID in object meta: {old.Text("uid")}");
        }

        metadata.Remove("selfLink");
        metadata.Remove("managedFields");
        foreach (var field in (ReadOnlySpan<string>)["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion"])
        {
            if (old[field] is { } value)
                metadata[field] = value.DeepClone();
            else
                metadata.Remove(field);
        }
    }

    private static void SetNamespace(Operation operation, JsonObject metadata)
    {
        if (!operation.Resource.Namespaced)
        {
            // The decoder of a cluster-scoped kind takes a namespace; validation of metadata refuses it.
            if (metadata.Text("namespace").Length == 0)
                metadata.Remove("namespace");
            return;
        }

        if (metadata.Text("namespace") is { Length: > 0 } given && given != operation.Namespace)
            throw ApiErrors.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        metadata["namespace"] = operation.Namespace;
    }
}
