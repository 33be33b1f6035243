using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

internal sealed class ServiceRule : KindRule
{
    private static readonly FieldPath Spec = FieldPath.Root("spec");

    public override IEnumerable<string> NameErrors(string name) => NameRules.Dns1035(name);

    public override void PrepareForCreate(JsonObject document)
    {
        document["status"] = new JsonObject { ["loadBalancer"] = new JsonObject() };
        Normalize(document["spec"] as JsonObject, null);
    }

    public override void PrepareForUpdate(JsonObject document, JsonObject stored)
    {
        KindRules.Keep(document, stored, "status");
        if (document["spec"] is JsonObject spec && stored["spec"] is JsonObject old)
            ServiceAllocations.CarryOver(spec, old);
        Normalize(document["spec"] as JsonObject, stored["spec"] as JsonObject);
    }

    public override void Validate(JsonObject document, FieldErrors errors)
    {
        var spec = document.Object("spec") ?? [];
        var type = spec.Text("type");
        if (spec.Array("ports") is null or { Count: 0 } && type != "ExternalName" && spec.Text("clusterIP") != "None")
            errors.Required(Spec.Child("ports"));
        Type(spec, type, errors);
        MetadataValidation.Labels(spec.Object("selector"), Spec.Child("selector"), errors);
        Affinity(spec, errors);
        ServicePorts.Validate(spec, Spec.Child("ports"), errors);
        ClusterIps(spec, errors);
        foreach (var (address, i) in spec.Texts("externalIPs").Select((a, i) => (a, i)))
            errors.Invalid(Spec.Child("externalIPs").Index(i), address, NameRules.IpAddress(address));
        foreach (var (range, i) in spec.Texts("loadBalancerSourceRanges").Select((r, i) => (r, i)))
            errors.Invalid(Spec.Child("loadBalancerSourceRanges").Index(i), range, NameRules.Cidr(range.Trim()));
        if (spec.Text("externalTrafficPolicy") is { } policy && type is not ("NodePort" or "LoadBalancer")
            && spec.Array("externalIPs") is null or { Count: 0 })
            errors.Invalid(Spec.Child("externalTrafficPolicy"), policy, "may only be set for externally-accessible services");
    }

    public override void ValidateUpdate(JsonObject document, JsonObject stored, FieldErrors errors)
    {
        var (spec, old) = (document.Object("spec"), stored.Object("spec"));
        if (spec.Text("type") == "ExternalName" || old.Text("type") == "ExternalName")
            return;
        var (address, oldAddress) = (spec.Text("clusterIP") ?? "", old.Text("clusterIP") ?? "");
        if (oldAddress.Length > 0 && address.Length == 0)
            errors.Invalid(Spec.Child("clusterIPs").Index(0), spec?["clusterIPs"], "primary clusterIP can not be unset");
        else if (oldAddress.Length > 0 && address != oldAddress)
            errors.Invalid(Spec.Child("clusterIPs").Index(0), spec?["clusterIPs"], "may not change once set");
    }

    public override IEnumerable<string> Warnings(JsonObject document, JsonObject? stored)
    {
        var spec = document.Object("spec");
        if (spec.Text("clusterIP") == "None" && spec.Text("sessionAffinity") == "ClientIP")
            yield return "spec.SessionAffinity is ignored for headless services";
        if (spec.Has("loadBalancerIP"))
            yield return "spec.loadBalancerIP: deprecated in v1.24+";
    }

    // clusterIP is the first of clusterIPs; whoever knows only one of the two fields sets only that.
    private static void Normalize(JsonObject? spec, JsonObject? old)
    {
        if (spec is null)
            return;
        if (old is not null && spec.Text("clusterIP") != old.Text("clusterIP") && JsonNode.DeepEquals(spec["clusterIPs"], old["clusterIPs"]))
            spec.Remove("clusterIPs");
        if (spec.Text("clusterIP") is { Length: > 0 } address && spec.Array("clusterIPs") is null)
            spec["clusterIPs"] = new JsonArray(address);
    }

    private static void Type(JsonObject spec, string? type, FieldErrors errors)
    {
        if (type != "ExternalName")
            return;
        var name = spec.Text("externalName") ?? "";
        if (name.Length == 0)
            errors.Required(Spec.Child("externalName"));
        else
            errors.Invalid(Spec.Child("externalName"), name, NameRules.Subdomain(name.EndsWith('.') ? name[..^1] : name));
        foreach (var field in (string[])["clusterIPs", "ipFamilies", "ipFamilyPolicy"])
        {
            if (spec.Has(field))
                errors.Forbidden(Spec.Child(field), "may not be set for ExternalName services");
        }
    }

    private static void Affinity(JsonObject spec, FieldErrors errors)
    {
        var seconds = spec.Object("sessionAffinityConfig").Object("clientIP").Number("timeoutSeconds");
        if (seconds is <= 0 or > 86400)
        {
            errors.Invalid(Spec.Child("sessionAffinityConfig").Child("clientIP").Child("timeoutSeconds"), seconds,
                "must be greater than 0 and less than 86400");
        }
    }

    private static void ClusterIps(JsonObject spec, FieldErrors errors)
    {
        if (spec.Text("type") == "ExternalName")
            return;
        var addresses = spec.Texts("clusterIPs").ToList();
        if (addresses.Count > 0 && addresses[0] != (spec.Text("clusterIP") ?? ""))
            errors.Invalid(Spec.Child("clusterIPs"), spec["clusterIPs"], "first value must match `clusterIP`");
        for (var i = 0; i < addresses.Count; i++)
        {
            if (addresses[i] == "None" && addresses.Count > 1)
                errors.Invalid(Spec.Child("clusterIPs").Index(i), addresses[i], "'None' must be the first and only value");
            else if (addresses[i] != "None")
                errors.Invalid(Spec.Child("clusterIPs").Index(i), addresses[i], NameRules.IpAddress(addresses[i]));
        }

        if (addresses.Contains("None") && spec.Text("type") is "NodePort" or "LoadBalancer")
            errors.Invalid(Spec.Child("clusterIPs").Index(0), addresses[0], "may not be set to 'None' for " + spec.Text("type") + " services");
    }
}
