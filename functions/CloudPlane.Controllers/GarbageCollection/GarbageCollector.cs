using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>
/// Deletes what nobody owns any more, and finishes deletions that wait for (foreground) or let go of (orphan) their dependents.
/// A key's name is the object's resource and name: "apps/replicasets/web-5d8".
/// </summary>
internal sealed class GarbageCollector(ServedKinds kinds) : IReconciler
{
    private const string Foreground = "foregroundDeletion";
    private const string Orphan = "orphan";

    private readonly Dictionary<string, ClusterKind> _byResource = kinds.Collected.ToDictionary(kind => kind.Info.StorageName);
    private readonly Dictionary<(string ApiVersion, string Kind), ClusterKind> _byKind =
        kinds.Collected.ToDictionary(kind => (kind.Info.ApiVersion, kind.Info.Kind));

    private enum OwnerState
    {
        Present,
        Absent,
        WaitsForDependents,
    }

    /// <inheritdoc/>
    public string Name => "garbage-collector-controller";

    public IReadOnlyList<ControllerInput> Inputs => [.. _byResource.Values.Select(kind => kind.Input(KeysAsync))];

    /// <inheritdoc/>
    public async ValueTask<ReconcileResult> ReconcileAsync(ReconcileKey key, CancellationToken cancellationToken)
    {
        var split = key.Name.LastIndexOf('/');
        var kind = _byResource[key.Name[..split]];
        if (await kind.FindAsync(key.Namespace, key.Name[(split + 1)..], cancellationToken).ConfigureAwait(false) is not { } target)
        {
            return ReconcileResult.Done;
        }
        if (target.DeletionTimestamp is null)
        {
            await CollectAsync(kind, target, cancellationToken).ConfigureAwait(false);
        }
        else if (Has(target, Orphan))
        {
            await OrphanAsync(kind, target, cancellationToken).ConfigureAwait(false);
        }
        else if (Has(target, Foreground))
        {
            await DeleteDependentsFirstAsync(kind, target, cancellationToken).ConfigureAwait(false);
        }
        return ReconcileResult.Done;
    }

    /// <summary>Deletes an object whose owners are all gone or going; drops the references to gone owners of one that still has others.</summary>
    private async Task CollectAsync(ClusterKind kind, ObjectMeta target, CancellationToken cancellationToken)
    {
        if (target.OwnerReferences is not { Count: > 0 } references)
        {
            return;
        }
        var states = new List<(OwnerReference Reference, OwnerState State)>();
        foreach (var reference in references)
        {
            states.Add((reference, await StateOfAsync(kind, target, reference, cancellationToken).ConfigureAwait(false)));
        }
        OwnerReference[] present = [.. states.Where(owner => owner.State == OwnerState.Present).Select(owner => owner.Reference)];
        if (present.Length > 0)
        {
            if (present.Length < references.Count)
            {
                await kind.PatchAsync(target, GarbagePatches.OwnerReferences(target, present), cancellationToken).ConfigureAwait(false);
            }
            return;
        }
        // An owner that waits for its dependents waits for theirs, too.
        var waits = states.Any(owner => owner.State == OwnerState.WaitsForDependents);
        var dependents = waits ? await DependentsAsync(target.Uid!, cancellationToken).ConfigureAwait(false) : [];
        if (dependents.Any(dependent => dependent.Dependent.DeletionTimestamp is not null && Has(dependent.Dependent, Foreground)))
        {
            // Owners in a circle would wait for each other for ever: this one's owners no longer wait for it.
            var unblocked = references.Select(reference => reference with { BlockOwnerDeletion = false });
            await kind.PatchAsync(target, GarbagePatches.OwnerReferences(target, unblocked), cancellationToken).ConfigureAwait(false);
        }
        var policy = Has(target, Orphan) ? "Orphan" : Has(target, Foreground) || dependents.Count > 0 ? "Foreground" : "Background";
        await kind.DeleteAsync(target, policy, cancellationToken).ConfigureAwait(false);
    }

    private async Task OrphanAsync(ClusterKind kind, ObjectMeta owner, CancellationToken cancellationToken)
    {
        foreach (var (dependentKind, dependent) in await DependentsAsync(owner.Uid!, cancellationToken).ConfigureAwait(false))
        {
            var others = dependent.OwnerReferences!.Where(reference => reference.Uid != owner.Uid);
            await Gone.IgnoredAsync(dependentKind.PatchAsync(dependent, GarbagePatches.OwnerReferences(dependent, others), cancellationToken))
                .ConfigureAwait(false);
        }
        await Gone.IgnoredAsync(kind.PatchAsync(owner, GarbagePatches.WithoutFinalizer(owner, Orphan), cancellationToken)).ConfigureAwait(false);
    }

    private async Task DeleteDependentsFirstAsync(ClusterKind kind, ObjectMeta owner, CancellationToken cancellationToken)
    {
        var dependents = await DependentsAsync(owner.Uid!, cancellationToken).ConfigureAwait(false);
        var blocking = dependents
            .Where(dependent => dependent.Dependent.OwnerReferences!.Any(reference => reference.Uid == owner.Uid && reference.BlockOwnerDeletion == true))
            .ToList();
        if (blocking.Count == 0)
        {
            await Gone.IgnoredAsync(kind.PatchAsync(owner, GarbagePatches.WithoutFinalizer(owner, Foreground), cancellationToken)).ConfigureAwait(false);
            return;
        }
        foreach (var (dependentKind, dependent) in blocking.Where(dependent => dependent.Dependent.DeletionTimestamp is null))
        {
            await CollectAsync(dependentKind, dependent, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<OwnerState> StateOfAsync(ClusterKind kind, ObjectMeta target, OwnerReference reference, CancellationToken cancellationToken)
    {
        // Owners of kinds that are not served can't be looked up, and a cluster-scoped object can't have a namespaced owner: such
        // references say nothing, and what can't be decided is kept.
        if (!_byKind.TryGetValue((reference.ApiVersion ?? "", reference.Kind ?? ""), out var ownerKind)
            || (ownerKind.Info.Namespaced && !kind.Info.Namespaced)
            || string.IsNullOrEmpty(reference.Name))
        {
            return OwnerState.Present;
        }
        var ns = ownerKind.Info.Namespaced ? target.Namespace! : "";
        var owner = await ownerKind.FindAsync(ns, reference.Name, cancellationToken).ConfigureAwait(false);
        if (owner?.Uid != reference.Uid)
        {
            // Deleting the wrong thing can't be undone: absence is confirmed at the source.
            owner = await ownerKind.GetLiveAsync(ns, reference.Name, cancellationToken).ConfigureAwait(false);
        }
        if (owner?.Uid != reference.Uid)
        {
            return OwnerState.Absent;
        }
        return owner!.DeletionTimestamp is not null && Has(owner, Foreground) && reference.BlockOwnerDeletion == true
            ? OwnerState.WaitsForDependents
            : OwnerState.Present;
    }

    private async Task<List<(ClusterKind Kind, ObjectMeta Dependent)>> DependentsAsync(string ownerUid, CancellationToken cancellationToken)
    {
        var all = new List<(ClusterKind, ObjectMeta)>();
        foreach (var kind in _byResource.Values)
        {
            var dependents = await kind.DependentsAsync(ownerUid, cancellationToken).ConfigureAwait(false);
            all.AddRange(dependents.Select(dependent => (kind, dependent)));
        }
        return all;
    }

    private async ValueTask<IEnumerable<ObjectName>> KeysAsync(
        ClusterKind kind, ObjectMeta? previous, ObjectMeta? current, CancellationToken cancellationToken)
    {
        var keys = new List<ObjectName>();
        if (current is not null && NeedsLook(previous, current))
        {
            keys.Add(KeyOf(kind, current));
        }
        if (current is null && previous is not null)
        {
            foreach (var (dependentKind, dependent) in await DependentsAsync(previous.Uid!, cancellationToken).ConfigureAwait(false))
            {
                keys.Add(KeyOf(dependentKind, dependent));
            }
        }
        if (previous is not null && (current is null || !SameOwners(previous, current)))
        {
            keys.AddRange((previous.OwnerReferences ?? []).Where(reference => reference.BlockOwnerDeletion == true)
                .Select(reference => OwnerKey(previous, reference)).OfType<ObjectName>());
        }
        return keys;
    }

    private static bool NeedsLook(ObjectMeta? previous, ObjectMeta current) => current.DeletionTimestamp is null
        ? current.OwnerReferences is { Count: > 0 } && (previous is null || !SameOwners(previous, current))
        : Has(current, Foreground) || Has(current, Orphan);

    private static bool SameOwners(ObjectMeta a, ObjectMeta b) =>
        (a.OwnerReferences ?? []).Select(Effect).SequenceEqual((b.OwnerReferences ?? []).Select(Effect));

    private static (string?, bool?) Effect(OwnerReference reference) => (reference.Uid, reference.BlockOwnerDeletion);

    private ObjectName? OwnerKey(ObjectMeta dependent, OwnerReference reference) =>
        _byKind.TryGetValue((reference.ApiVersion ?? "", reference.Kind ?? ""), out var kind) && !string.IsNullOrEmpty(reference.Name)
            ? new ObjectName(kind.Info.Namespaced ? dependent.Namespace ?? "" : "", $"{kind.Info.StorageName}/{reference.Name}")
            : null;

    private static ObjectName KeyOf(ClusterKind kind, ObjectMeta metadata) =>
        new(metadata.Namespace ?? "", $"{kind.Info.StorageName}/{metadata.Name}");

    private static bool Has(ObjectMeta metadata, string finalizer) => metadata.Finalizers?.Contains(finalizer) == true;
}
