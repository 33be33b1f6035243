using CloudPlane.Client;

namespace CloudPlane.Controllers;

internal static class Disruption
{
    private const string Type = "DisruptionTarget";

    /// <summary>The pod with the condition that says who is about to end it, and why (KEP-3329).</summary>
    public static Pod Target(Pod pod, string reason, string message, DateTimeOffset now)
    {
        var condition = new PodCondition { Type = Type, Status = "True", Reason = reason, Message = message, LastTransitionTime = now };
        var others = (pod.Status?.Conditions ?? []).Where(other => other.Type != Type);
        return pod with { Status = (pod.Status ?? new PodStatus()) with { Conditions = [.. others, condition] } };
    }
}
