using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>A Deployment's status as it follows from its ReplicaSets, and what it says about the rollout's progress.</summary>
internal static class DeploymentStatusRules
{
    /// <summary>Counts and the Available condition.</summary>
    public static DeploymentStatus Calculate(Deployment deployment, RevisionSets sets, DateTimeOffset now)
    {
        var available = sets.All.Sum(RevisionSets.Available);
        var enough = available >= deployment.Desired() - deployment.MaxUnavailable();
        var availability = enough
            ? DeploymentConditions.New(
                DeploymentConditions.Available, "True", "MinimumReplicasAvailable", "Deployment has minimum availability.", now)
            : DeploymentConditions.New(
                DeploymentConditions.Available, "False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.", now);
        return (deployment.Status ?? new DeploymentStatus()) with
        {
            ObservedGeneration = deployment.Metadata.Generation,
            Replicas = NullIfZero(sets.All.Sum(RevisionSets.Actual)),
            UpdatedReplicas = NullIfZero(sets.New is null ? 0 : RevisionSets.Actual(sets.New)),
            ReadyReplicas = NullIfZero(sets.All.Sum(set => set.Status?.ReadyReplicas ?? 0)),
            AvailableReplicas = NullIfZero(available),
            UnavailableReplicas = NullIfZero(Math.Max(sets.All.Sum(RevisionSets.Size) - available, 0)),
            Conditions = (deployment.Status?.Conditions).With(availability),
        };
    }

    /// <summary>The same with the Progressing and ReplicaFailure conditions of a running rollout.</summary>
    public static DeploymentStatus CalculateProgress(Deployment deployment, RevisionSets sets, DateTimeOffset now)
    {
        var status = Calculate(deployment, sets, now);
        var conditions = status.Conditions;
        var current = conditions.Find(DeploymentConditions.Progressing);
        if (!deployment.HasProgressDeadline())
        {
            conditions = conditions.Without(DeploymentConditions.Progressing);
        }
        else if (status.Replicas != status.UpdatedReplicas || current?.Reason != DeploymentConditions.NewReplicaSetAvailable)
        {
            conditions = Progress(deployment, sets, status, current, now);
        }
        conditions = Failure(sets) is { } failure
            ? conditions.With(failure)
            : conditions.Find(DeploymentConditions.ReplicaFailure) is null ? conditions : conditions.Without(DeploymentConditions.ReplicaFailure);
        return status with { Conditions = conditions };
    }

    public static bool IsComplete(Deployment deployment, DeploymentStatus? status) =>
        (status?.UpdatedReplicas ?? 0) == deployment.Desired()
        && (status?.Replicas ?? 0) == deployment.Desired()
        && (status?.AvailableReplicas ?? 0) == deployment.Desired()
        && (status?.ObservedGeneration ?? 0) >= (deployment.Metadata.Generation ?? 0);

    /// <summary>When the deadline of a rollout that doesn't move runs out; null when there is none to wait for.</summary>
    public static DateTimeOffset? Deadline(Deployment deployment, DeploymentStatus status)
    {
        var progressing = status.Conditions.Find(DeploymentConditions.Progressing);
        if (!deployment.HasProgressDeadline() || progressing is null || IsComplete(deployment, status)
            || progressing.Reason is DeploymentConditions.ProgressDeadlineExceeded or DeploymentConditions.NewReplicaSetAvailable)
        {
            return null;
        }
        return progressing.LastUpdateTime?.AddSeconds(deployment.Spec!.ProgressDeadlineSeconds!.Value);
    }

    private static IReadOnlyList<DeploymentCondition>? Progress(
        Deployment deployment, RevisionSets sets, DeploymentStatus status, DeploymentCondition? current, DateTimeOffset now)
    {
        var subject = sets.New is null ? $"Deployment \"{deployment.Metadata.Name}\"" : $"ReplicaSet \"{sets.New.Metadata.Name}\"";
        DeploymentCondition Progressing(string value, string reason, string text) =>
            DeploymentConditions.New(DeploymentConditions.Progressing, value, reason, $"{subject} {text}", now);

        if (IsComplete(deployment, status))
        {
            return status.Conditions.With(Progressing("True", DeploymentConditions.NewReplicaSetAvailable, "has successfully progressed."));
        }
        if (HasMoved(deployment.Status, status))
        {
            var moved = Progressing("True", DeploymentConditions.ReplicaSetUpdated, "is progressing.");
            if (current?.Status == "True")
            {
                moved = moved with { LastTransitionTime = current.LastTransitionTime };
            }
            // Replaced even when status and reason are the same: each step that moved starts the deadline anew.
            return [.. status.Conditions.Without(DeploymentConditions.Progressing), moved];
        }
        return HasTimedOut(deployment, current, now)
            ? status.Conditions.With(Progressing("False", DeploymentConditions.ProgressDeadlineExceeded, "has timed out progressing."))
            : status.Conditions;
    }

    private static bool HasMoved(DeploymentStatus? before, DeploymentStatus now) =>
        (now.UpdatedReplicas ?? 0) > (before?.UpdatedReplicas ?? 0)
        || (now.Replicas ?? 0) - (now.UpdatedReplicas ?? 0) < (before?.Replicas ?? 0) - (before?.UpdatedReplicas ?? 0)
        || (now.ReadyReplicas ?? 0) > (before?.ReadyReplicas ?? 0)
        || (now.AvailableReplicas ?? 0) > (before?.AvailableReplicas ?? 0);

    private static bool HasTimedOut(Deployment deployment, DeploymentCondition? progressing, DateTimeOffset now) => progressing?.Reason switch
    {
        null or DeploymentConditions.NewReplicaSetAvailable => false,
        DeploymentConditions.ProgressDeadlineExceeded => true,
        _ => progressing.LastUpdateTime?.AddSeconds(deployment.Spec!.ProgressDeadlineSeconds!.Value) < now,
    };

    private static DeploymentCondition? Failure(RevisionSets sets)
    {
        static ReplicaSetCondition? Of(ReplicaSet? set) =>
            set?.Status?.Conditions?.FirstOrDefault(condition => condition.Type == DeploymentConditions.ReplicaFailure);

        var failure = Of(sets.New) ?? sets.Old.Select(Of).FirstOrDefault(condition => condition is not null);
        return failure is null ? null : new DeploymentCondition
        {
            Type = failure.Type,
            Status = failure.Status,
            Reason = failure.Reason,
            Message = failure.Message,
            LastTransitionTime = failure.LastTransitionTime,
            LastUpdateTime = failure.LastTransitionTime,
        };
    }

    // These fields are omitempty in apps/v1.
    private static int? NullIfZero(int count) => count == 0 ? null : count;
}
