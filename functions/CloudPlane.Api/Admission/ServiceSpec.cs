using System.Text.Json.Nodes;

namespace CloudPlane.Api;

/// <summary>What a Service's spec says of addresses and node ports.</summary>
internal static class ServiceSpec
{
    public static string Type(JsonObject service) => service.Object("spec").Text("type") is { Length: > 0 } type ? type : "ClusterIP";

    /// <summary>"" when there is none yet, "None" when headless.</summary>
    public static string ClusterIp(JsonObject service)
    {
        var spec = service.Object("spec");
        return spec.Text("clusterIP") is { Length: > 0 } ip ? ip : spec.Texts("clusterIPs").FirstOrDefault() ?? "";
    }

    public static bool NeedsClusterIp(JsonObject service) => Type(service) != "ExternalName";

    public static bool NeedsNodePorts(JsonObject service) => Type(service) switch
    {
        "NodePort" => true,
        "LoadBalancer" => service.Object("spec").Flag("allocateLoadBalancerNodePorts") ?? true,
        _ => false,
    };

    public static IEnumerable<JsonObject> Ports(JsonObject service) => service.Object("spec").Objects("ports");

    public static IEnumerable<int> NodePorts(JsonObject? service) => service is null
        ? []
        : Ports(service).Select(p => (int)(p.Number("nodePort") ?? 0)).Where(p => p > 0).Distinct();

    public static void SetClusterIp(JsonObject service, string ip)
    {
        var spec = service.Child("spec");
        spec["clusterIP"] = ip;
        spec["clusterIPs"] = new JsonArray(ip);
        spec["ipFamilies"] ??= new JsonArray("IPv4");
        spec["ipFamilyPolicy"] ??= "SingleStack";
    }
}
