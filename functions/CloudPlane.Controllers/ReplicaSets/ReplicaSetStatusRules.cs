using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>A ReplicaSet's status as it follows from its pods.</summary>
internal static class ReplicaSetStatusRules
{
    private const string Failure = "ReplicaFailure";

    public static ReplicaSetStatus Calculate(ReplicaSet set, IReadOnlyList<Pod> active, ApiException? error, DateTimeOffset now)
    {
        var labels = set.Spec?.Template?.Metadata.Labels;
        var minReady = set.Spec?.MinReadySeconds ?? 0;
        return (set.Status ?? new ReplicaSetStatus()) with
        {
            Replicas = active.Count,
            FullyLabeledReplicas = NullIfZero(active.Count(pod => (labels ?? Maps.Empty).All(label => pod.Metadata.Labels.Find(label.Key) == label.Value))),
            ReadyReplicas = NullIfZero(active.Count(pod => pod.IsReady())),
            AvailableReplicas = NullIfZero(active.Count(pod => pod.IsAvailable(minReady, now))),
            ObservedGeneration = set.Metadata.Generation,
            Conditions = Conditions(set, active.Count, error, now),
        };
    }

    /// <summary>When the next ready pod will have been so for minReadySeconds; null when none is on its way.</summary>
    public static DateTimeOffset? NextAvailable(ReplicaSet set, IReadOnlyList<Pod> active, DateTimeOffset now) =>
        active.Select(pod => pod.AvailableAt(set.Spec?.MinReadySeconds ?? 0)).Where(at => at > now).Min();

    private static IReadOnlyList<ReplicaSetCondition>? Conditions(ReplicaSet set, int active, ApiException? error, DateTimeOffset now)
    {
        var current = set.Status?.Conditions;
        var known = current?.FirstOrDefault(condition => condition.Type == Failure);
        if (error is null)
        {
            return known is null ? current : Without(current!);
        }
        if (known is not null)
        {
            return current;
        }
        var condition = new ReplicaSetCondition
        {
            Type = Failure,
            Status = "True",
            Reason = active < (set.Spec?.Replicas ?? 1) ? "FailedCreate" : "FailedDelete",
            Message = error.Message,
            LastTransitionTime = now,
        };
        return [.. current ?? [], condition];
    }

    private static IReadOnlyList<ReplicaSetCondition>? Without(IReadOnlyList<ReplicaSetCondition> conditions)
    {
        ReplicaSetCondition[] rest = [.. conditions.Where(condition => condition.Type != Failure)];
        return rest.Length == 0 ? null : rest;
    }

    private static int? NullIfZero(int count) => count == 0 ? null : count;
}
