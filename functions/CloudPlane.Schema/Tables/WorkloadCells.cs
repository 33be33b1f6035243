using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>The rows of Deployments and ReplicaSets.</summary>
internal static class WorkloadCells
{
    public static void PrintDeployment(TableRow row)
    {
        var deployment = row.Document;
        row.Name();
        row.Text($"{deployment.Integer("status", "readyReplicas")}/{deployment.Integer("spec", "replicas")}");
        row.Number(deployment.Integer("status", "updatedReplicas"));
        row.Number(deployment.Integer("status", "availableReplicas"));
        row.Age();
        PrintTemplate(row, emptySelector: "", invalidSelector: "<invalid>");
    }

    public static void PrintReplicaSet(TableRow row)
    {
        var set = row.Document;
        row.Name();
        row.Number(set.Integer("spec", "replicas"));
        row.Number(set.Integer("status", "replicas"));
        row.Number(set.Integer("status", "readyReplicas"));
        row.Age();
        PrintTemplate(row, TableRow.None, "<error>");
    }

    private static void PrintTemplate(TableRow row, string emptySelector, string invalidSelector)
    {
        var containers = row.Document.Items("spec", "template", "spec", "containers");
        row.Text(string.Join(',', containers.Select(c => c.Text("name"))));
        row.Text(string.Join(',', containers.Select(c => c.Text("image"))));
        row.Text(Selector(row.Document, invalidSelector), emptySelector);
    }

    private static string Selector(JsonElement workload, string invalid)
    {
        var selector = workload.At("spec", "selector");
        try
        {
            return selector.ValueKind == JsonValueKind.Object ? LabelSelector.FromObject(JsonObject.Create(selector)).ToString() : "";
        }
        catch (FormatException)
        {
            return invalid;
        }
    }
}
