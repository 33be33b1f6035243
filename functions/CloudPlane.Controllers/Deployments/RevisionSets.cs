using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>A Deployment's ReplicaSets, told apart: the one of its present template (if it exists), and the older ones.</summary>
internal sealed record RevisionSets(ReplicaSet? New, IReadOnlyList<ReplicaSet> Old)
{
    /// <summary>Those of the older ones that still have, or want, replicas.</summary>
    public IReadOnlyList<ReplicaSet> ActiveOld => [.. Old.Where(IsActive)];

    public IReadOnlyList<ReplicaSet> All => New is null ? Old : [.. Old, New];

    public long MaxOldRevision => Old.Select(RevisionAnnotations.RevisionOf).DefaultIfEmpty().Max();

    public static RevisionSets Of(Deployment deployment, IEnumerable<ReplicaSet> owned)
    {
        var oldestFirst = owned.OrderBy(set => set.Metadata.CreationTimestamp).ThenBy(set => set.Metadata.Name, StringComparer.Ordinal).ToList();
        // Two sets of one template can exist (adoption, a collision long ago): the oldest is the one to keep to, whoever looks.
        var newest = oldestFirst.FirstOrDefault(set => TemplateIdentity.Same(set.Spec?.Template, deployment.Spec?.Template));
        return new RevisionSets(newest, [.. oldestFirst.Where(set => set != newest)]);
    }

    /// <summary>The same sets, with <paramref name="changed"/> in place of its earlier state.</summary>
    public RevisionSets With(ReplicaSet changed) => New?.Metadata.Uid == changed.Metadata.Uid
        ? this with { New = changed }
        : this with { Old = [.. Old.Select(set => set.Metadata.Uid == changed.Metadata.Uid ? changed : set)] };

    /// <summary>The only active set, or, when none is, the newest one; null when several are active.</summary>
    public ReplicaSet? ActiveOrLatest()
    {
        var active = All.Where(IsActive).ToList();
        return active.Count switch
        {
            0 => New ?? Old.LastOrDefault(),
            1 => active[0],
            _ => null,
        };
    }

    public static bool IsActive(ReplicaSet set) => Size(set) > 0;

    /// <summary>spec.replicas.</summary>
    public static int Size(ReplicaSet set) => set.Spec?.Replicas ?? 1;

    public static int Available(ReplicaSet set) => set.Status?.AvailableReplicas ?? 0;

    /// <summary>status.replicas: pods that exist, whatever was asked for.</summary>
    public static int Actual(ReplicaSet set) => set.Status?.Replicas ?? 0;
}
