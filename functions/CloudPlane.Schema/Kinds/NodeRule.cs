using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

internal sealed class NodeRule : KindRule
{
    private static readonly FieldPath Spec = FieldPath.Root("spec");

    // A node's status may be set on create; an update keeps it.
    public override void PrepareForUpdate(JsonObject document, JsonObject stored) => KindRules.Keep(document, stored, "status");

    public override void Validate(JsonObject document, FieldErrors errors)
    {
        var spec = document.Object("spec");
        Taints(spec, errors);
        foreach (var (range, i) in spec.Texts("podCIDRs").Select((r, i) => (r, i)))
            errors.Invalid(Spec.Child("podCIDRs").Index(i), range, NameRules.Cidr(range));
        var addresses = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (address, i) in document["status"].Items("addresses"))
        {
            if (!addresses.Add($"{address.Text("type")} {address.Text("address")}"))
                errors.Duplicate(FieldPath.Root("status").Child("addresses").Index(i), address);
        }
    }

    public override void ValidateUpdate(JsonObject document, JsonObject stored, FieldErrors errors)
    {
        var (spec, old) = (document.Object("spec") ?? [], stored.Object("spec") ?? []);
        if (old.Has("podCIDRs") && !JsonNode.DeepEquals(spec["podCIDRs"], old["podCIDRs"]))
            errors.Forbidden(Spec.Child("podCIDRs"), "node updates may not change podCIDR except from \"\" to valid");
        if (old.Text("providerID") is { Length: > 0 } provider && spec.Text("providerID") != provider)
            errors.Forbidden(Spec.Child("providerID"), "node updates may not change providerID except from \"\" to valid");
        if (!JsonNode.DeepEquals(Fixed(spec), Fixed(old)))
        {
            errors.Forbidden(FieldPath.Root("spec"),
                "node updates may only change labels, taints, or capacity (or configSource, if the DynamicKubeletConfig feature gate is enabled)");
        }
    }

    // What has rules of its own above, or may change freely.
    private static JsonObject Fixed(JsonObject spec)
    {
        var rest = spec.DeepClone().AsObject();
        foreach (var name in (string[])["podCIDR", "podCIDRs", "providerID", "taints", "unschedulable", "configSource"])
            rest.Remove(name);
        return rest;
    }

    private static void Taints(JsonObject? spec, FieldErrors errors)
    {
        var unique = new HashSet<(string, string)>();
        foreach (var (taint, i) in spec.Items("taints"))
        {
            var path = Spec.Child("taints").Index(i);
            var (key, value, effect) = (taint.Text("key") ?? "", taint.Text("value") ?? "", taint.Text("effect") ?? "");
            errors.Invalid(path.Child("key"), key, NameRules.QualifiedName(key));
            errors.Invalid(path.Child("value"), value, NameRules.LabelValue(value));
            if (effect.Length == 0)
                errors.Required(path.Child("effect"));
            if (!unique.Add((key, effect)))
                errors.Duplicate(path, taint);
        }
    }
}
