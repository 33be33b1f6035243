using System.Text.Json;

namespace CloudPlane.Schema;

/// <summary>The cells of a metav1.Table row, formatted as Kubernetes' printers format them (ages included).</summary>
public static class TablePrinter
{
    /// <summary>Writes the JSON array of the row's cells, in the order of <see cref="ResourceType.Columns"/>.</summary>
    public static void WriteCells(Utf8JsonWriter writer, ResourceType resource, JsonElement document, DateTimeOffset now)
    {
        var row = new TableRow(writer, document, now);
        writer.WriteStartArray();
        Print(resource, row);
        writer.WriteEndArray();
    }

    /// <summary>The cells of a Scale: its kind has columns of its own (<see cref="Subresource.Columns"/>).</summary>
    public static void WriteScaleCells(Utf8JsonWriter writer, JsonElement scale, DateTimeOffset now)
    {
        var row = new TableRow(writer, scale, now);
        writer.WriteStartArray();
        row.Name();
        row.Number(scale.Integer("spec", "replicas"));
        row.Number(scale.Integer("status", "replicas"));
        row.Age();
        writer.WriteEndArray();
    }

    private static void Print(ResourceType resource, TableRow row)
    {
        switch (resource.Kind)
        {
            case "Pod":
                PodCells.Print(row);
                break;
            case "Node":
                NodeCells.Print(row);
                break;
            case "Service":
                ServiceCells.Print(row);
                break;
            case "Deployment":
                WorkloadCells.PrintDeployment(row);
                break;
            case "ReplicaSet":
                WorkloadCells.PrintReplicaSet(row);
                break;
            case "Event":
                EventCells.Print(row);
                break;
            case "EndpointSlice":
                EndpointSliceCells.Print(row);
                break;
            default:
                PrintSimple(resource, row);
                break;
        }
    }

    private static void PrintSimple(ResourceType resource, TableRow row)
    {
        var document = row.Document;
        row.Name();
        switch (resource.Kind)
        {
            case "ConfigMap":
                row.Number(document.Count("data") + document.Count("binaryData"));
                break;
            case "Secret":
                row.Text(document.Text("type"));
                row.Number(document.Count("data"));
                break;
            case "ServiceAccount":
                row.Number(document.Count("secrets"));
                break;
            case "Namespace":
                row.Text(document.Text("status", "phase"));
                break;
            case "Lease":
                row.Text(document.Text("spec", "holderIdentity"));
                break;
        }

        row.Age();
    }
}
