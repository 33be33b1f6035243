using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>Pod conditions.</summary>
internal static class PodConditions
{
    public const string Scheduled = "PodScheduled";

    public static PodCondition? Find(Pod pod, string type) => pod.Status?.Conditions?.FirstOrDefault(c => c.Type == type);
}
