using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

internal sealed class DeploymentRule : KindRule
{
    public override bool HasGeneration => true;

    public override void PrepareForCreate(JsonObject document) => document["status"] = new JsonObject();

    public override void PrepareForUpdate(JsonObject document, JsonObject stored) => KindRules.Keep(document, stored, "status");

    public override void PrepareForStatusUpdate(JsonObject document, JsonObject stored)
    {
        KindRules.Keep(document, stored, "spec");
        KindRules.Keep(document["metadata"]!.AsObject(), stored["metadata"]!.AsObject(), "labels");
    }

    // Annotations count, too: kubectl's rollback and change cause work through them.
    public override bool IsNewGeneration(JsonObject document, JsonObject stored) => base.IsNewGeneration(document, stored)
        || !JsonNode.DeepEquals(document["metadata"].Object("annotations"), stored["metadata"].Object("annotations"));

    public override void Validate(JsonObject document, FieldErrors errors)
    {
        var spec = document.Object("spec") ?? [];
        var path = FieldPath.Root("spec");
        NotNegative(spec, "replicas", path, errors);
        WorkloadRules.Selector(spec, path, errors);
        WorkloadRules.Template(spec, path, errors);
        Strategy(spec.Object("strategy"), path.Child("strategy"), errors);
        NotNegative(spec, "minReadySeconds", path, errors);
        NotNegative(spec, "revisionHistoryLimit", path, errors);
        NotNegative(spec, "progressDeadlineSeconds", path, errors);
        if (spec.Number("progressDeadlineSeconds") is { } deadline && deadline <= (spec.Number("minReadySeconds") ?? 0))
            errors.Invalid(path.Child("progressDeadlineSeconds"), deadline, "must be greater than minReadySeconds");
    }

    public override void ValidateUpdate(JsonObject document, JsonObject stored, FieldErrors errors) =>
        MetadataValidation.Immutable(document["spec"].Object("selector"), stored["spec"].Object("selector"), FieldPath.Root("spec").Child("selector"), errors);

    public override void ValidateStatusUpdate(JsonObject document, JsonObject stored, FieldErrors errors)
    {
        var (status, path) = (document["status"], FieldPath.Root("status"));
        foreach (var name in (string[])["observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas",
            "unavailableReplicas", "terminatingReplicas", "collisionCount"])
            NotNegative(status, name, path, errors);
        NotMoreThanReplicas(status, ["updatedReplicas", "readyReplicas", "availableReplicas"], path, errors);
        if (status.Number("availableReplicas") > (status.Number("readyReplicas") ?? 0))
            errors.Invalid(path.Child("availableReplicas"), status!["availableReplicas"], "cannot be greater than readyReplicas");
        if (stored["status"].Number("collisionCount") is { } collisions && (status.Number("collisionCount") ?? 0) < collisions)
            errors.Invalid(path.Child("collisionCount"), status.Number("collisionCount") ?? 0, "cannot be decremented");
    }

    public override IEnumerable<string> Warnings(JsonObject document, JsonObject? stored) => WorkloadRules.Warnings(document);

    internal static void NotMoreThanReplicas(JsonNode? status, string[] names, FieldPath path, FieldErrors errors)
    {
        foreach (var name in names)
        {
            if (status.Number(name) > (status.Number("replicas") ?? 0))
                errors.Invalid(path.Child(name), status![name], "cannot be greater than status.replicas");
        }
    }

    private static void Strategy(JsonObject? strategy, FieldPath path, FieldErrors errors)
    {
        var rolling = strategy.Object("rollingUpdate");
        switch (strategy.Text("type"))
        {
            case "Recreate" when rolling is not null:
                errors.Forbidden(path.Child("rollingUpdate"), "may not be specified when strategy `type` is 'Recreate'");
                break;
            case "RollingUpdate" when rolling is null:
                errors.Required(path.Child("rollingUpdate"), "this should be defaulted and never be nil");
                break;
            case "RollingUpdate":
                RollingUpdate(rolling, path.Child("rollingUpdate"), errors);
                break;
        }
    }

    private static void RollingUpdate(JsonObject rolling, FieldPath path, FieldErrors errors)
    {
        var (unavailable, surge) = (rolling["maxUnavailable"], rolling["maxSurge"]);
        WorkloadRules.PositiveIntOrPercent(unavailable, path.Child("maxUnavailable"), errors);
        WorkloadRules.PositiveIntOrPercent(surge, path.Child("maxSurge"), errors);
        if (IsZero(unavailable) && IsZero(surge))
            errors.Invalid(path.Child("maxUnavailable"), unavailable, "may not be 0 when `maxSurge` is 0");
        if (WorkloadRules.PercentOf(unavailable) > 100)
            errors.Invalid(path.Child("maxUnavailable"), unavailable, "must not be greater than 100%");
    }

    private static bool IsZero(JsonNode? value) => value is null || value.AsNumber() == 0 || WorkloadRules.PercentOf(value) == 0;
}
