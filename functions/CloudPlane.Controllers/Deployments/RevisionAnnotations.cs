using System.Globalization;
using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>The bookkeeping that kubectl rollout reads: which revision a ReplicaSet is, and which ones it was before.</summary>
internal static class RevisionAnnotations
{
    public const string Revision = "deployment.kubernetes.io/revision";
    private const string History = "deployment.kubernetes.io/revision-history";
    private const string DesiredReplicas = "deployment.kubernetes.io/desired-replicas";
    private const string MaxReplicas = "deployment.kubernetes.io/max-replicas";
    private const string DeprecatedRollback = "deprecated.deployment.rollback.to";
    private const string LastApplied = "kubectl.kubernetes.io/last-applied-configuration";
    private const int LongestHistory = 2000;

    public static long RevisionOf(ReplicaSet set) => Number(set.Metadata.Annotations, Revision) ?? 0;

    public static int? DesiredOf(ReplicaSet set) => (int?)Number(set.Metadata.Annotations, DesiredReplicas);

    public static int? MaxOf(ReplicaSet set) => (int?)Number(set.Metadata.Annotations, MaxReplicas);

    /// <summary>The annotations of a ReplicaSet that is, or becomes, its Deployment's newest.</summary>
    public static IReadOnlyDictionary<string, string> ForNewest(Deployment deployment, IReadOnlyDictionary<string, string>? current, long revision)
    {
        var annotations = current is null ? [] : new Dictionary<string, string>(current);
        foreach (var (key, value) in deployment.Metadata.Annotations ?? new Dictionary<string, string>())
        {
            if (key is not (LastApplied or Revision or History or DesiredReplicas or MaxReplicas or DeprecatedRollback))
            {
                annotations[key] = value;
            }
        }
        var before = Number(current, Revision);
        if ((before ?? 0) < revision)
        {
            annotations[Revision] = Text(revision);
            if (before is { } old)
            {
                annotations[History] = Appended(current.Find(History), Text(old));
            }
        }
        return annotations;
    }

    /// <summary>The annotations that record for which size of the Deployment a ReplicaSet was sized; null when they say so already.</summary>
    public static IReadOnlyDictionary<string, string>? ForSize(Deployment deployment, IReadOnlyDictionary<string, string>? current)
    {
        var desired = Text(deployment.Desired());
        var most = Text(deployment.Desired() + deployment.MaxSurge());
        return current.Find(DesiredReplicas) == desired && current.Find(MaxReplicas) == most
            ? null
            : current.With(DesiredReplicas, desired).With(MaxReplicas, most);
    }

    private static string Appended(string? history, string revision)
    {
        if (string.IsNullOrEmpty(history))
        {
            return revision;
        }
        while (history.Length + revision.Length + 1 > LongestHistory && history.IndexOf(',') is >= 0 and var comma)
        {
            history = history[(comma + 1)..];
        }
        return $"{history},{revision}";
    }

    private static long? Number(IReadOnlyDictionary<string, string>? annotations, string key) =>
        long.TryParse(annotations.Find(key), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
