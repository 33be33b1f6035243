using System.Text.Json;
using CloudPlane.Storage;

namespace CloudPlane.Functions;

/// <summary>Which commits somebody has to hear of. The commonest ones of an idle cluster concern nobody, and would cost most of its bill.</summary>
internal static class OutboxRules
{
    /// <summary>Events concern only their own expiry, which is a timer.</summary>
    public const string Events = "events";

    private const string Leases = "coordination.k8s.io/leases";
    private const string NodeLeases = "kube-node-lease";

    /// <summary>Whether a resource's log is carried at all.</summary>
    public static bool IsCarried(string resource) => resource is not (Events or LogCursors.Resource);

    /// <summary>
    /// Whether a commit says nothing new: a node in good health renewed its Lease. The look that is due when the lease would have run out
    /// finds it. A renewal after a silence may be a lost node's return.
    /// </summary>
    public static bool IsRoutine(Partition partition, Write write, TimeSpan heartbeat)
    {
        if (partition.Resource != Leases || write.Key.Namespace != NodeLeases || write.Delete || write.Current.IsEmpty)
            return false;
        return RenewTime(write.Current) is { } before && RenewTime(write.Document.Bytes) is { } now && now - before < heartbeat * 1.5;
    }

    private static DateTimeOffset? RenewTime(ReadOnlyMemory<byte> lease)
    {
        try
        {
            using var document = JsonDocument.Parse(lease);
            return document.RootElement.TryGetProperty("spec", out var spec) && spec.ValueKind == JsonValueKind.Object
                && spec.TryGetProperty("renewTime", out var renewed) && renewed.ValueKind == JsonValueKind.String && renewed.TryGetDateTimeOffset(out var time)
                ? time
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
