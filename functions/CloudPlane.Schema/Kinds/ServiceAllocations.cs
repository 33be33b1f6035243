using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>
/// An update that leaves out what the API server allocated keeps it (a PUT of the original manifest must work), and one that changes the
/// type gives up what the new type doesn't have.
/// </summary>
internal static class ServiceAllocations
{
    public static void CarryOver(JsonObject spec, JsonObject old)
    {
        if (HasClusterIp(spec) && HasClusterIp(old))
        {
            if (!spec.Has("clusterIP") && !spec.Has("clusterIPs"))
            {
                KindRules.Keep(spec, old, "clusterIP");
                KindRules.Keep(spec, old, "clusterIPs");
            }

            foreach (var name in (string[])["ipFamilies", "ipFamilyPolicy"])
            {
                if (!spec.Has(name))
                    KindRules.Keep(spec, old, name);
            }
        }

        if (!HasClusterIp(spec) && HasClusterIp(old))
            Drop(spec, old, ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"]);
        if (HasNodePorts(spec) && HasNodePorts(old))
            KeepNodePorts(spec, old);
        else if (!HasNodePorts(spec) && HasNodePorts(old))
            DropNodePorts(spec, old);
        if (IsExternal(old) && !IsExternal(spec))
            Drop(spec, old, ["externalTrafficPolicy"]);
        if (HasHealthCheckPort(old) && !HasHealthCheckPort(spec))
            Drop(spec, old, ["healthCheckNodePort"]);
        if (IsLoadBalancer(old) && !IsLoadBalancer(spec))
            Drop(spec, old, ["allocateLoadBalancerNodePorts", "loadBalancerClass"]);
    }

    private static bool IsLoadBalancer(JsonObject spec) => spec.Text("type") == "LoadBalancer";

    private static bool IsExternal(JsonObject spec) =>
        HasNodePorts(spec) || (spec.Text("type") == "ClusterIP" && spec.Array("externalIPs") is { Count: > 0 });

    private static bool HasHealthCheckPort(JsonObject spec) => IsLoadBalancer(spec) && spec.Text("externalTrafficPolicy") == "Local";

    private static bool HasClusterIp(JsonObject spec) => spec.Text("type") != "ExternalName";

    private static bool HasNodePorts(JsonObject spec) => spec.Text("type") is "NodePort" or "LoadBalancer";

    private static void Drop(JsonObject spec, JsonObject old, string[] names)
    {
        foreach (var name in names)
        {
            if (JsonNode.DeepEquals(spec[name], old[name]))
                spec.Remove(name);
        }
    }

    private static void KeepNodePorts(JsonObject spec, JsonObject old)
    {
        var used = spec.Items("ports").Select(p => p.Item.Number("nodePort") ?? 0).Where(n => n > 0).ToHashSet();
        foreach (var (port, _) in spec.Items("ports"))
        {
            if (!port.Has("nodePort") && Counterpart(port, old).Number("nodePort") is > 0 and var number && used.Add(number))
                port["nodePort"] = (int)number;
        }
    }

    private static void DropNodePorts(JsonObject spec, JsonObject old)
    {
        foreach (var (port, _) in spec.Items("ports"))
        {
            if (port.Number("nodePort") is { } number && number == Counterpart(port, old).Number("nodePort"))
                port.Remove("nodePort");
        }
    }

    private static JsonObject? Counterpart(JsonObject port, JsonObject old) => old.Items("ports")
        .FirstOrDefault(p => p.Item.Number("port") == port.Number("port") && p.Item.Text("protocol") == port.Text("protocol")).Item;
}
