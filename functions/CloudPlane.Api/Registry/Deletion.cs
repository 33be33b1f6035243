using System.Text.Json.Nodes;
using CloudPlane.Schema;

namespace CloudPlane.Api;

/// <summary>The rules of deletion: grace, finalizers, propagation. Works on a document alone.</summary>
internal static class Deletion
{
    private const string Foreground = "foregroundDeletion";
    private const string Orphan = "orphan";

    /// <summary>Whether a deleting object has nothing left to wait for.</summary>
    public static bool IsComplete(ResourceType resource, JsonObject document)
    {
        var metadata = document.Metadata();
        return metadata.Text("deletionTimestamp").Length > 0
            && metadata.Number("deletionGracePeriodSeconds") is null or 0
            && !HasFinalizers(resource, document);
    }

    /// <summary>
    /// Marks the document as deleting, as far as the options ask for. Returns false when it is so already and nothing changes.
    /// </summary>
    public static bool Begin(ResourceType resource, JsonObject document, DeleteOptions options, DateTimeOffset now)
    {
        var metadata = document.Metadata();
        var changed = SetPropagation(metadata, options.Propagation);
        var grace = Grace(resource, document, options.GracePeriodSeconds);
        if (metadata.Time("deletionTimestamp") is not { } deadline)
        {
            metadata["deletionTimestamp"] = JsonFields.Timestamp(now.AddSeconds(grace));
            metadata["deletionGracePeriodSeconds"] = grace;
            // Its controllers must not act on it as before: the generation tells them that what is wanted has changed.
            if (metadata.Number("generation") is > 0 and var generation)
                metadata["generation"] = generation + 1;
            if (resource is { Group: "", Plural: "namespaces" })
                document.Child("status")["phase"] = "Terminating";
            return true;
        }

        // Already deleting: the period can only get shorter, and only when the caller says so.
        if (options.GracePeriodSeconds is null || metadata.Number("deletionGracePeriodSeconds") is not { } current || grace >= current)
            return changed;
        metadata["deletionTimestamp"] = JsonFields.Timestamp(deadline.AddSeconds(grace - current));
        metadata["deletionGracePeriodSeconds"] = grace;
        return true;
    }

    /// <summary>Only pods are given time; not those that no node runs, or that have ended.</summary>
    private static long Grace(ResourceType resource, JsonObject document, long? asked)
    {
        const long kubernetesDefault = 30;
        if (resource is not { Group: "", Plural: "pods" })
            return 0;
        var spec = document.Object("spec");
        if (spec.Text("nodeName").Length == 0 || document.Object("status").Text("phase") is "Succeeded" or "Failed")
            return 0;
        var own = asked ?? spec.Number("terminationGracePeriodSeconds") ?? kubernetesDefault;
        return own < 0 ? 1 : own;
    }

    private static bool HasFinalizers(ResourceType resource, JsonObject document) =>
        document.Metadata().Texts("finalizers").Any()
        || (resource is { Group: "", Plural: "namespaces" } && document.Object("spec").Texts("finalizers").Any());

    /// <summary>The policy becomes a finalizer that the garbage collector acts on; no policy leaves what there is.</summary>
    private static bool SetPropagation(JsonObject metadata, string policy)
    {
        if (policy.Length == 0)
            return false;
        var before = metadata.Texts("finalizers").ToArray();
        var after = before.Where(f => f is not (Foreground or Orphan)).ToList();
        if (policy == "Foreground")
            after.Add(Foreground);
        else if (policy == "Orphan")
            after.Add(Orphan);
        if (after.SequenceEqual(before))
            return false;
        if (after.Count == 0)
            metadata.Remove("finalizers");
        else
            metadata["finalizers"] = new JsonArray([.. after.Select(f => (JsonNode)JsonValue.Create(f)!)]);
        return true;
    }
}
