using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>Keeps the EndpointSlices of every Service with a selector equal to the pods that it selects.</summary>
internal sealed class EndpointSliceController(ApiClient api, Replicas replicas) : IReconciler
{
    private static readonly ReplicaIndex<EndpointSlice> OfService =
        new("service", slice => SlicePlan.ServiceOf(slice) is { } service ? [$"{slice.Metadata.Namespace}/{service}"] : []);

    /// <inheritdoc/>
    public string Name => "endpoint-slice-controller";

    public IReadOnlyList<ControllerInput> Inputs =>
    [
        ControllerInput.Self<Service>(),
        ControllerInput.OnAsync<Pod>(ServicesOfAsync),
        ControllerInput.On<EndpointSlice>(change => SlicePlan.ServiceOf(change.Latest) is { } service
            ? [new ObjectName(change.Latest.Metadata.Namespace!, service)]
            : []),
    ];

    /// <inheritdoc/>
    public async ValueTask<ReconcileResult> ReconcileAsync(ReconcileKey key, CancellationToken cancellationToken)
    {
        var services = await replicas.SyncAsync<Service>(cancellationToken).ConfigureAwait(false);
        // The slices of a deleted Service go with it: it owns them.
        if (services.Get(key.Namespace, key.Name) is not { Spec.Selector: not null, Metadata.DeletionTimestamp: null } service
            || service.Spec.Type == "ExternalName")
        {
            return ReconcileResult.Done;
        }
        var slices = await replicas.SyncAsync<EndpointSlice>(cancellationToken).ConfigureAwait(false);
        var nodes = await replicas.SyncAsync<Node>(cancellationToken).ConfigureAwait(false);
        var pods = await replicas.SyncAsync<Pod>(cancellationToken).ConfigureAwait(false);
        var addressType = service.Spec.IpFamilies is ["IPv6", ..] ? "IPv6" : "IPv4";
        var selected = pods.List(key.Namespace).Where(pod => LabelSelectors.Matches(service.Spec.Selector, pod.Metadata.Labels));
        var groups = DesiredEndpoints.Of(service, selected, nodes, addressType);
        EndpointSlice[] existing =
        [
            .. slices.Find(OfService, $"{key.Namespace}/{key.Name}")
                .Where(slice => slice.Metadata.DeletionTimestamp is null && Owners.IsControlledBy(slice.Metadata, service.Metadata.Uid)),
        ];
        var taken = slices.List(key.Namespace).Select(slice => slice.Metadata.Name!);
        await ApplyAsync(SlicePlan.Make(service, existing, taken, groups, addressType), cancellationToken).ConfigureAwait(false);
        return ReconcileResult.Done;
    }

    // New endpoints appear before old ones go, so that a Service with slices to move is never empty.
    private async Task ApplyAsync(SlicePlan plan, CancellationToken cancellationToken)
    {
        foreach (var slice in plan.Create)
        {
            await CreateIfAbsent.RunAsync(api.CreateAsync(slice, cancellationToken)).ConfigureAwait(false);
        }
        foreach (var slice in plan.Update)
        {
            await api.UpdateAsync(slice, cancellationToken).ConfigureAwait(false);
        }
        foreach (var slice in plan.Delete)
        {
            await DeleteAsync(slice, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task DeleteAsync(EndpointSlice slice, CancellationToken cancellationToken)
    {
        var options = new DeleteOptions
        {
            Preconditions = new Preconditions { Uid = slice.Metadata.Uid, ResourceVersion = slice.Metadata.ResourceVersion },
        };
        try
        {
            await api.DeleteAsync<EndpointSlice>(slice.Metadata.Namespace!, slice.Metadata.Name!, options, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException gone) when (gone.IsNotFound)
        {
        }
    }

    private async ValueTask<IEnumerable<ObjectName>> ServicesOfAsync(ObjectChange<Pod> change, CancellationToken cancellationToken)
    {
        if (change is { Previous: { } before, Current: { } after } && SameToServices(before, after))
        {
            return [];
        }
        var services = await replicas.SyncAsync<Service>(cancellationToken).ConfigureAwait(false);
        return services.List(change.Latest.Metadata.Namespace!)
            .Where(service => Selects(service, change.Previous) || Selects(service, change.Current))
            .Select(service => ObjectName.Of(service.Metadata));
    }

    private static bool Selects(Service service, Pod? pod) => pod is not null && LabelSelectors.Matches(service.Spec?.Selector, pod.Metadata.Labels);

    // All of a pod that an endpoint shows; the rest of its status changes often.
    private static bool SameToServices(Pod a, Pod b) =>
        a.IsReady() == b.IsReady()
        && a.IsTerminal() == b.IsTerminal()
        && a.IsTerminating() == b.IsTerminating()
        && a.Spec?.NodeName == b.Spec?.NodeName
        && a.Status?.PodIP == b.Status?.PodIP
        && (a.Status?.PodIPs ?? []).SequenceEqual(b.Status?.PodIPs ?? [])
        && a.Metadata.Labels.SameAs(b.Metadata.Labels);
}
