using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>
/// Empties a namespace that is being deleted and then lets go of it. It also removes what a create that raced with the end of its
/// namespace left behind, as nobody could ever see or delete that.
/// </summary>
internal sealed class NamespaceController(ApiClient api, Replicas replicas, ServedKinds kinds, TimeProvider time) : IReconciler
{
    private const string Finalizer = "kubernetes";

    // Deletions of the contents wake it; this is for what is not told (a finalizer of somebody who died).
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    public string Name => "namespace-controller";

    public IReadOnlyList<ControllerInput> Inputs =>
    [
        ControllerInput.Self<Namespace>(),
        .. kinds.Namespaced.Select(kind => kind.Input(UnsettledNamespaceAsync)),
    ];

    /// <inheritdoc/>
    public async ValueTask<ReconcileResult> ReconcileAsync(ReconcileKey key, CancellationToken cancellationToken)
    {
        var namespaces = await replicas.SyncAsync<Namespace>(cancellationToken).ConfigureAwait(false);
        var ns = namespaces.Get("", key.Name) ?? await api.GetAsync<Namespace>("", key.Name, cancellationToken).ConfigureAwait(false);
        if (ns is { Metadata.DeletionTimestamp: null })
        {
            return ReconcileResult.Done;
        }
        var remaining = await EmptyAsync(key.Name, cancellationToken).ConfigureAwait(false);
        if (ns is null)
        {
            return remaining.IsEmpty ? ReconcileResult.Done : ReconcileResult.After(LookAgain);
        }
        ns = await WriteStatusAsync(ns, remaining, cancellationToken).ConfigureAwait(false);
        if (!remaining.IsEmpty)
        {
            return ReconcileResult.After(LookAgain);
        }
        await FinalizeAsync(ns, cancellationToken).ConfigureAwait(false);
        return ReconcileResult.Done;
    }

    private async Task<RemainingContent> EmptyAsync(string name, CancellationToken cancellationToken)
    {
        var remaining = new RemainingContent();
        foreach (var kind in kinds.Namespaced)
        {
            foreach (var content in await kind.ListAsync(name, cancellationToken).ConfigureAwait(false))
            {
                if (content.DeletionTimestamp is null)
                {
                    await DeleteAsync(kind, content, remaining, cancellationToken).ConfigureAwait(false);
                }
            }
            foreach (var left in await kind.ListAsync(name, cancellationToken).ConfigureAwait(false))
            {
                remaining.Add(kind.Info, left);
            }
        }
        return remaining;
    }

    private static async Task DeleteAsync(ClusterKind kind, ObjectMeta content, RemainingContent remaining, CancellationToken cancellationToken)
    {
        try
        {
            await kind.DeleteAsync(content, "Background", cancellationToken).ConfigureAwait(false);
        }
        // One object that can't be deleted must not keep the others; the condition says so, and it is tried again.
        catch (ApiException refused)
        {
            remaining.AddFailure(refused);
        }
    }

    private Task<Namespace> WriteStatusAsync(Namespace ns, RemainingContent remaining, CancellationToken cancellationToken)
    {
        var status = (ns.Status ?? new NamespaceStatus()) with
        {
            Phase = "Terminating",
            Conditions = remaining.Conditions(ns.Status?.Conditions, time.Seconds()),
        };
        return ModelJson.Same(ns.Status, status)
            ? Task.FromResult(ns)
            : api.UpdateStatusAsync(ns with { Status = status }, cancellationToken);
    }

    private async Task FinalizeAsync(Namespace ns, CancellationToken cancellationToken)
    {
        if (ns.Spec?.Finalizers?.Contains(Finalizer) != true)
        {
            return;
        }
        string[] others = [.. ns.Spec.Finalizers.Where(finalizer => finalizer != Finalizer)];
        try
        {
            await api.UpdateSubresourceAsync(ns with { Spec = ns.Spec with { Finalizers = others } }, "finalize", cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException gone) when (gone.IsNotFound)
        {
        }
    }

    // Of all the objects there are, only those in a namespace that is going, or gone, matter here.
    private async ValueTask<IEnumerable<ObjectName>> UnsettledNamespaceAsync(
        ClusterKind kind, ObjectMeta? previous, ObjectMeta? current, CancellationToken cancellationToken)
    {
        var metadata = (current ?? previous)!;
        if (previous is not null && current is not null && SameFinalizers(previous, current))
        {
            return [];
        }
        var namespaces = await replicas.SyncAsync<Namespace>(cancellationToken).ConfigureAwait(false);
        return namespaces.Get("", metadata.Namespace!) is { Metadata.DeletionTimestamp: null } ? [] : [new ObjectName("", metadata.Namespace!)];
    }

    private static bool SameFinalizers(ObjectMeta a, ObjectMeta b) => (a.Finalizers ?? []).SequenceEqual(b.Finalizers ?? []);
}
