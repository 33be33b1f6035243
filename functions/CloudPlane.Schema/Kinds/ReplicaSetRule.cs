using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

internal sealed class ReplicaSetRule : KindRule
{
    public override bool HasGeneration => true;

    public override void PrepareForCreate(JsonObject document) => document["status"] = new JsonObject { ["replicas"] = 0 };

    public override void PrepareForUpdate(JsonObject document, JsonObject stored) => KindRules.Keep(document, stored, "status");

    public override void Validate(JsonObject document, FieldErrors errors)
    {
        var spec = document.Object("spec") ?? [];
        var path = FieldPath.Root("spec");
        NotNegative(spec, "replicas", path, errors);
        NotNegative(spec, "minReadySeconds", path, errors);
        WorkloadRules.Selector(spec, path, errors);
        WorkloadRules.Template(spec, path, errors);
    }

    public override void ValidateUpdate(JsonObject document, JsonObject stored, FieldErrors errors) =>
        MetadataValidation.Immutable(document["spec"].Object("selector"), stored["spec"].Object("selector"), FieldPath.Root("spec").Child("selector"), errors);

    public override void ValidateStatusUpdate(JsonObject document, JsonObject stored, FieldErrors errors)
    {
        var (status, path) = (document["status"], FieldPath.Root("status"));
        foreach (var name in (string[])["replicas", "fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration", "terminatingReplicas"])
            NotNegative(status, name, path, errors);
        DeploymentRule.NotMoreThanReplicas(status, ["fullyLabeledReplicas", "readyReplicas", "availableReplicas"], path, errors);
        if (status.Number("availableReplicas") > (status.Number("readyReplicas") ?? 0))
            errors.Invalid(path.Child("availableReplicas"), status!["availableReplicas"], "cannot be greater than readyReplicas");
    }

    public override IEnumerable<string> Warnings(JsonObject document, JsonObject? stored) => WorkloadRules.Warnings(document);
}
