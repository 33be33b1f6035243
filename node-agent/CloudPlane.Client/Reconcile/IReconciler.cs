using System.Runtime.ExceptionServices;

namespace CloudPlane.Client;

/// <summary>What a reconciler is asked to look at. <paramref name="Namespace"/> is "" for cluster-scoped objects.</summary>
public readonly record struct ReconcileKey(string Cluster, string Namespace, string Name);

/// <summary>When to look again, if nothing changes before; null for never.</summary>
public readonly record struct ReconcileResult(TimeSpan? RequeueAfter)
{
    /// <summary>
    /// What a part of the step threw, while the rest was done; null for nothing. It counts as if the step had thrown it, but the back-off ends
    /// when <see cref="RequeueAfter"/> does.
    /// </summary>
    public ExceptionDispatchInfo? Failure { get; init; }

    public static ReconcileResult Done => default;
    public static ReconcileResult After(TimeSpan delay) => new(delay);
}

/// <summary>
/// One controller's level-triggered step. It reads what is true now, moves it one step closer, and says when to look again.
/// It may run twice at once and keeps nothing between calls but droppable caches: every write is guarded by a precondition on what it read.
/// A thrown exception means "again later, with back-off"; a lost race (<see cref="ApiException.IsConflict"/>) means "again now".
/// </summary>
public interface IReconciler
{
    /// <summary>The controller's name, as in queue messages and events' source: e.g. "deployment-controller".</summary>
    string Name { get; }

    ValueTask<ReconcileResult> ReconcileAsync(ReconcileKey key, CancellationToken cancellationToken);
}
