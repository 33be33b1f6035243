using System.Text.Json;

namespace CloudPlane.Schema;

/// <summary>The row of a Service.</summary>
internal static class ServiceCells
{
    public static void Print(TableRow row)
    {
        var service = row.Document;
        row.Name();
        row.Text(service.Text("spec", "type"));
        row.Text(ClusterIP(service), TableRow.None);
        row.Text(ExternalIP(service));
        row.Text(string.Join(',', service.Items("spec", "ports").Select(Port)), TableRow.None);
        row.Age();
        row.Text(Selector(service), TableRow.None);
    }

    private static string ClusterIP(JsonElement service) =>
        service.Items("spec", "clusterIPs") is [var first, ..] ? first.Text() : service.Text("spec", "clusterIP");

    private static string ExternalIP(JsonElement service)
    {
        var external = service.Items("spec", "externalIPs").Select(ip => ip.Text());
        return service.Text("spec", "type") switch
        {
            "ClusterIP" or "NodePort" => OrElse(string.Join(',', external), TableRow.None),
            "LoadBalancer" => OrElse(string.Join(',', Ingress(service).Concat(external)), "<pending>"),
            "ExternalName" => service.Text("spec", "externalName"),
            _ => TableRow.Unknown,
        };
    }

    private static IEnumerable<string> Ingress(JsonElement service) => service.Items("status", "loadBalancer", "ingress")
        .Select(i => OrElse(i.Text("ip"), i.Text("hostname"))).Where(a => a.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    private static string Port(JsonElement port)
    {
        var nodePort = port.Integer("nodePort");
        return $"{port.Integer("port")}{(nodePort > 0 ? $":{nodePort}" : "")}/{port.Text("protocol")}";
    }

    private static string Selector(JsonElement service) => string.Join(',', service.Entries("spec", "selector")
        .Select(s => $"{s.Name}={s.Value.Text()}").Order(StringComparer.Ordinal));

    private static string OrElse(string text, string other) => text.Length > 0 ? text : other;
}
