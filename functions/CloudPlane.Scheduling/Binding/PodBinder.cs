using System.Text.Json;
using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>Writes what was decided.</summary>
internal sealed class PodBinder(ApiClient client, EventRecorder events, TimeProvider time)
{
    /// <summary>Binds the pod: the API server refuses if it is another pod by now, is bound already, or is being deleted.</summary>
    public async Task BindAsync(Pod pod, string node, CancellationToken cancellationToken)
    {
        var binding = new Client.Binding
        {
            Metadata = new ObjectMeta { Name = pod.Metadata.Name, Namespace = pod.Metadata.Namespace, Uid = pod.Metadata.Uid },
            Target = new ObjectReference { Kind = "Node", Name = node },
        };
        var path = ResourcePath.Object(Pod.Resource, pod.Metadata.Namespace, pod.Metadata.Name!, "binding");
        await client.PostAsync(path, ModelJson.ToBytes(binding), cancellationToken).ConfigureAwait(false);
        await events.NormalAsync(
            ObjectReferences.To(pod), "Scheduled", $"Successfully assigned {pod.Metadata.Namespace}/{pod.Metadata.Name} to {node}",
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Says why the pod waits: in its condition, if that says something else, and in an event.</summary>
    public async Task ReportUnschedulableAsync(Pod pod, string message, CancellationToken cancellationToken)
    {
        await events.WarningAsync(ObjectReferences.To(pod), "FailedScheduling", message, cancellationToken).ConfigureAwait(false);
        var known = PodConditions.Find(pod, PodConditions.Scheduled);
        if (known is { Status: "False", Reason: "Unschedulable" } && known.Message == message) return;
        var patch = ModelJson.ToPatch(writer => WriteCondition(writer, pod, known, message));
        try
        {
            await client.PatchAsync<Pod>(
                pod.Metadata.Namespace!, pod.Metadata.Name!, PatchKind.StrategicMerge, patch, "status", cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException e) when (e.IsNotFound)
        {
            // Deleted meanwhile: nobody waits any more.
        }
    }

    private void WriteCondition(Utf8JsonWriter writer, Pod pod, PodCondition? known, string message)
    {
        // The uid makes the patch fail on another pod of the same name.
        writer.WriteStartObject("metadata"u8);
        writer.WriteString("uid"u8, pod.Metadata.Uid);
        writer.WriteEndObject();
        writer.WriteStartObject("status"u8);
        writer.WriteStartArray("conditions"u8);
        new PodCondition
        {
            Type = PodConditions.Scheduled,
            Status = "False",
            Reason = "Unschedulable",
            Message = message,
            LastTransitionTime = known is { Status: "False" } ? known.LastTransitionTime : time.GetUtcNow(),
            ObservedGeneration = pod.Metadata.Generation,
        }.Write(writer);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
