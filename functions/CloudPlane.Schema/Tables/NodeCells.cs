using System.Text.Json;

namespace CloudPlane.Schema;

/// <summary>The row of a node.</summary>
internal static class NodeCells
{
    private const string RolePrefix = "node-role.kubernetes.io/";

    public static void Print(TableRow row)
    {
        var node = row.Document;
        row.Name();
        row.Text(Status(node));
        row.Text(Roles(node), TableRow.None);
        row.Age();
        row.Text(node.Text("status", "nodeInfo", "kubeletVersion"));
        row.Text(Address(node, "InternalIP"), TableRow.None);
        row.Text(Address(node, "ExternalIP"), TableRow.None);
        row.Text(node.Text("status", "nodeInfo", "osImage"), TableRow.Unknown);
        row.Text(node.Text("status", "nodeInfo", "kernelVersion"), TableRow.Unknown);
        row.Text(node.Text("status", "nodeInfo", "containerRuntimeVersion"), TableRow.Unknown);
    }

    private static string Status(JsonElement node)
    {
        var ready = node.Items("status", "conditions").FirstOrDefault(c => c.Text("type") == "Ready");
        var status = ready.ValueKind == JsonValueKind.Undefined ? "Unknown" : ready.Text("status") == "True" ? "Ready" : "NotReady";
        return node.IsTrue("spec", "unschedulable") ? $"{status},SchedulingDisabled" : status;
    }

    private static string Roles(JsonElement node) => string.Join(',', node.Entries("metadata", "labels")
        .Select(Role).Where(r => r.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));

    private static string Role(JsonProperty label)
    {
        if (label.Name.StartsWith(RolePrefix, StringComparison.Ordinal))
            return label.Name[RolePrefix.Length..];
        return label.Name == "kubernetes.io/role" ? label.Value.Text() : "";
    }

    private static string Address(JsonElement node, string type) =>
        node.Items("status", "addresses").FirstOrDefault(a => a.Text("type") == type).Text("address");
}
