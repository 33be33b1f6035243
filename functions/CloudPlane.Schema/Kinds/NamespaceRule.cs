using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

internal sealed class NamespaceRule : KindRule
{
    public override IEnumerable<string> NameErrors(string name) => NameRules.Label(name);

    public override void PrepareForCreate(JsonObject document)
    {
        document["status"] = new JsonObject { ["phase"] = "Active" };
        if (document["spec"] is not JsonObject spec)
            document["spec"] = spec = [];
        // Deletion ends when the namespace controller has emptied it and takes this off (namespaces/finalize).
        if (spec.Array("finalizers") is not { } finalizers)
            spec["finalizers"] = finalizers = [];
        if (!spec.Texts("finalizers").Contains("kubernetes"))
            finalizers.Add((JsonNode)"kubernetes");
        ConditionalDefaults.DefaultNamespaceLabel(document);
    }

    public override void PrepareForUpdate(JsonObject document, JsonObject stored)
    {
        KindRules.Keep(document, stored, "spec");
        KindRules.Keep(document, stored, "status");
        ConditionalDefaults.DefaultNamespaceLabel(document);
    }

    public override void Validate(JsonObject document, FieldErrors errors)
    {
        foreach (var (finalizer, i) in document["spec"].Texts("finalizers").Select((f, i) => (f, i)))
        {
            var path = FieldPath.Root("spec").Child("finalizers").Index(i);
            errors.Invalid(path, finalizer, NameRules.QualifiedName(finalizer));
            if (!finalizer.Contains('/') && finalizer is not ("kubernetes" or "orphan" or "foregroundDeletion"))
                errors.Invalid(path, finalizer, "name is neither a standard finalizer name nor is it fully qualified");
        }
    }

    public override void ValidateStatusUpdate(JsonObject document, JsonObject stored, FieldErrors errors)
    {
        var phase = document["status"].Text("phase") ?? "";
        var path = FieldPath.Root("status").Child("Phase");
        if (!document["metadata"].Has("deletionTimestamp") && phase != "Active")
            errors.Invalid(path, phase, "may only be 'Active' if `deletionTimestamp` is empty");
        else if (document["metadata"].Has("deletionTimestamp") && phase != "Terminating")
            errors.Invalid(path, phase, "may only be 'Terminating' if `deletionTimestamp` is not empty");
    }
}
