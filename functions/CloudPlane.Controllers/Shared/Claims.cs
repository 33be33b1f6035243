using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>
/// Settles which objects belong to an owner with a selector (controller.ControllerRefManager): matching orphans are adopted, owned
/// objects that no longer match are released.
/// </summary>
internal sealed class Claims<TOwner, T>(ApiClient api, TOwner owner, LabelSelector? selector)
    where TOwner : class, IKubernetesObject<TOwner>
    where T : class, IKubernetesObject<T>
{
    /// <summary>The owner's objects after all adoptions and releases.</summary>
    public async Task<IReadOnlyList<T>> SettleAsync(ReplicaSnapshot<T> snapshot, CancellationToken cancellationToken)
    {
        var claimed = new List<T>();
        foreach (var owned in snapshot.Find(ReplicaIndexes<T>.ControllerUid, owner.Metadata.Uid!))
        {
            if (LabelSelectors.Matches(selector, owned.Metadata.Labels) || owner.Metadata.DeletionTimestamp is not null)
            {
                claimed.Add(owned);
            }
            else
            {
                await ReleaseAsync(owned, cancellationToken).ConfigureAwait(false);
            }
        }
        if (owner.Metadata.DeletionTimestamp is null)
        {
            await AdoptAsync(snapshot, claimed, cancellationToken).ConfigureAwait(false);
        }
        return claimed;
    }

    private async Task AdoptAsync(ReplicaSnapshot<T> snapshot, List<T> claimed, CancellationToken cancellationToken)
    {
        var orphans = snapshot.Find(ControllerIndexes<T>.Orphans, owner.Metadata.Namespace!)
            .Where(orphan => orphan.Metadata.DeletionTimestamp is null && LabelSelectors.Matches(selector, orphan.Metadata.Labels))
            .ToList();
        if (orphans.Count == 0)
        {
            return;
        }
        // An owner deleted a moment ago with --cascade=orphan leaves orphans behind that must stay so: look again, at the source.
        var current = await api.GetAsync<TOwner>(owner.Metadata.Namespace!, owner.Metadata.Name!, cancellationToken).ConfigureAwait(false);
        if (current is null || current.Metadata.Uid != owner.Metadata.Uid || current.Metadata.DeletionTimestamp is not null)
        {
            return;
        }
        foreach (var orphan in orphans)
        {
            var references = (orphan.Metadata.OwnerReferences ?? []).Append(Owners.ControllerReference(owner));
            if (await UpdateAsync(orphan, references, cancellationToken).ConfigureAwait(false) is { } adopted)
            {
                claimed.Add(adopted);
            }
        }
    }

    private Task<T?> ReleaseAsync(T owned, CancellationToken cancellationToken) =>
        UpdateAsync(owned, owned.Metadata.OwnerReferences!.Where(reference => reference.Uid != owner.Metadata.Uid), cancellationToken);

    // The object's resourceVersion goes along: somebody else's adoption in between makes this one a conflict.
    private async Task<T?> UpdateAsync(T value, IEnumerable<OwnerReference> references, CancellationToken cancellationToken)
    {
        var list = references.ToArray();
        var metadata = value.Metadata with { OwnerReferences = list.Length == 0 ? null : list };
        try
        {
            return await api.UpdateAsync(value.WithMetadata(metadata), cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException gone) when (gone.IsNotFound)
        {
            return null;
        }
    }
}
