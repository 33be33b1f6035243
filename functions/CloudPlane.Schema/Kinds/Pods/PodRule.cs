using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

internal sealed class PodRule : KindRule
{
    public override bool HasGeneration => true;

    public override void PrepareForCreate(JsonObject document)
    {
        var spec = document.Object("spec") ?? [];
        var status = new JsonObject { ["phase"] = "Pending", ["qosClass"] = QosClass.Of(spec) };
        if (spec.Array("schedulingGates") is { Count: > 0 })
        {
            status["conditions"] = new JsonArray(new JsonObject
            {
                ["type"] = "PodScheduled",
                ["status"] = "False",
                ["reason"] = "SchedulingGated",
                ["message"] = "Scheduling is blocked due to non-empty scheduling gates",
            });
        }

        document["status"] = status;
    }

    public override void PrepareForUpdate(JsonObject document, JsonObject stored) => KindRules.Keep(document, stored, "status");

    public override void PrepareForStatusUpdate(JsonObject document, JsonObject stored)
    {
        KindRules.Keep(document, stored, "spec");
        var (metadata, old) = (document["metadata"]!.AsObject(), stored["metadata"]!.AsObject());
        // pods/status may touch labels and annotations, but neither ownership nor the end of the pod.
        foreach (var name in (string[])["ownerReferences", "deletionTimestamp", "deletionGracePeriodSeconds"])
            KindRules.Keep(metadata, old, name);
        if (document["status"] is JsonObject status && !status.Has("qosClass") && stored["status"].Text("qosClass") is { } qos)
            status["qosClass"] = qos;
    }

    public override void Validate(JsonObject document, FieldErrors errors) =>
        PodSpecValidation.Validate(document.Object("spec") ?? [], FieldPath.Root("spec"), errors);

    public override void ValidateCreate(JsonObject document, FieldErrors errors)
    {
        var path = FieldPath.Root("spec");
        if (document["spec"].Array("ephemeralContainers") is { Count: > 0 })
            errors.Forbidden(path.Child("ephemeralContainers"), "cannot be set on create");
        if (document["spec"].Has("nodeName") && document["spec"].Array("schedulingGates") is { Count: > 0 })
            errors.Forbidden(path.Child("nodeName"), "cannot be set until all schedulingGates have been cleared");
        PodAffinityValidation.ValidateCreate(document.Object("spec") ?? [], document["metadata"].Object("labels"), path.Child("affinity"), errors);
    }

    public override void ValidateUpdate(JsonObject document, JsonObject stored, FieldErrors errors) => PodUpdateValidation.Validate(document, stored, errors);

    public override void ValidateStatusUpdate(JsonObject document, JsonObject stored, FieldErrors errors) =>
        PodUpdateValidation.ValidateStatus(document, stored, errors);

    public override IEnumerable<string> Warnings(JsonObject document, JsonObject? stored)
    {
        if (stored is null && NameRules.Label(document["metadata"].Text("name") ?? "a").ToList() is { Count: > 0 } errors)
        {
            yield return "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; " +
                $"a DNS label is recommended: [{string.Join(' ', errors)}]";
        }

        foreach (var warning in PodWarnings.Of(document.Object("metadata"), document.Object("spec"), null))
            yield return warning;
    }
}
