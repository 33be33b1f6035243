using System.Text.Json;

namespace CloudPlane.Schema;

/// <summary>The row of a pod; <see cref="PodSummary"/> finds its status.</summary>
internal static class PodCells
{
    public static void Print(TableRow row)
    {
        var pod = row.Document;
        var summary = PodSummary.Of(pod);
        row.Name();
        row.Text($"{summary.Ready}/{summary.Total}");
        row.Text(summary.Reason);
        row.Text(summary is { Restarts: not 0, LastRestart: { } last } ? $"{summary.Restarts} ({row.Since(last)} ago)" : $"{summary.Restarts}");
        row.Age();
        row.Text(pod.Items("status", "podIPs").FirstOrDefault().Text("ip"), TableRow.None);
        row.Text(pod.Text("spec", "nodeName"), TableRow.None);
        row.Text(pod.Text("status", "nominatedNodeName"), TableRow.None);
        row.Text(ReadinessGates(pod));
    }

    private static string ReadinessGates(JsonElement pod)
    {
        var gates = pod.Items("spec", "readinessGates");
        return gates.Count == 0 ? TableRow.None : $"{gates.Count(g => pod.IsConditionTrue(g.Text("conditionType")))}/{gates.Count}";
    }
}
