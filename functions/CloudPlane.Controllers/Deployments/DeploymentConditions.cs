using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>A Deployment's conditions: their types, their reasons and how one replaces another.</summary>
internal static class DeploymentConditions
{
    public const string Available = "Available";
    public const string Progressing = "Progressing";
    public const string ReplicaFailure = "ReplicaFailure";

    public const string NewReplicaSetCreated = "NewReplicaSetCreated";
    public const string FoundNewReplicaSet = "FoundNewReplicaSet";
    public const string ReplicaSetUpdated = "ReplicaSetUpdated";
    public const string ReplicaSetCreateError = "ReplicaSetCreateError";
    public const string NewReplicaSetAvailable = "NewReplicaSetAvailable";
    public const string ProgressDeadlineExceeded = "ProgressDeadlineExceeded";
    public const string DeploymentPaused = "DeploymentPaused";
    public const string DeploymentResumed = "DeploymentResumed";

    /// <summary>int.MaxValue stands for "no deadline", as an absent value does.</summary>
    public static bool HasProgressDeadline(this Deployment deployment) => deployment.Spec?.ProgressDeadlineSeconds is not (null or int.MaxValue);

    public static DeploymentCondition? Find(this IReadOnlyList<DeploymentCondition>? conditions, string type) =>
        conditions?.FirstOrDefault(condition => condition.Type == type);

    public static IReadOnlyList<DeploymentCondition> Without(this IReadOnlyList<DeploymentCondition>? conditions, string type) =>
        [.. (conditions ?? []).Where(condition => condition.Type != type)];

    public static DeploymentCondition New(string type, string status, string reason, string message, DateTimeOffset now) => new()
    {
        Type = type,
        Status = status,
        Reason = reason,
        Message = message,
        LastUpdateTime = now,
        LastTransitionTime = now,
    };

    /// <summary>The condition in place of the one of its type; the same status and reason change nothing, the same status keeps its transition time.</summary>
    public static IReadOnlyList<DeploymentCondition> With(this IReadOnlyList<DeploymentCondition>? conditions, DeploymentCondition condition)
    {
        var current = conditions.Find(condition.Type!);
        if (current is not null && current.Status == condition.Status && current.Reason == condition.Reason)
        {
            return conditions!;
        }
        if (current?.Status == condition.Status)
        {
            condition = condition with { LastTransitionTime = current!.LastTransitionTime };
        }
        return [.. conditions.Without(condition.Type!), condition];
    }
}
