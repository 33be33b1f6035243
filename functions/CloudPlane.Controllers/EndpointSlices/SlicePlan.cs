using System.Globalization;
using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>
/// How endpoints lie in slices. An endpoint stays in the slice that it is in, so that one pod's change rewrites one slice; new ones fill
/// what has room, then make new slices, whose names follow from the Service's uid: two runs at once make the same ones.
/// </summary>
internal sealed class SlicePlan
{
    private const int MostEndpoints = 100;
    private const string ServiceNameLabel = "kubernetes.io/service-name";
    private const string HeadlessLabel = "service.kubernetes.io/headless";
    private const string ManagedByLabel = "endpointslice.kubernetes.io/managed-by";
    private const string ManagedBy = "endpointslice-controller.k8s.io";

    private readonly Service _service;
    private readonly string _addressType;
    private readonly HashSet<string> _names;

    private SlicePlan(Service service, IEnumerable<string> takenNames, string addressType)
    {
        _service = service;
        _addressType = addressType;
        _names = [.. takenNames];
    }

    public List<EndpointSlice> Create { get; } = [];

    public List<EndpointSlice> Update { get; } = [];

    public List<EndpointSlice> Delete { get; } = [];

    /// <summary>Whether the slice belongs to this controller, and for which Service.</summary>
    public static string? ServiceOf(EndpointSlice slice) =>
        slice.Metadata.Labels.Find(ManagedByLabel) == ManagedBy ? slice.Metadata.Labels.Find(ServiceNameLabel) : null;

    /// <param name="takenNames">The names of all slices of the namespace, whoever's they are.</param>
    public static SlicePlan Make(
        Service service, IReadOnlyList<EndpointSlice> existing, IEnumerable<string> takenNames, IReadOnlyList<EndpointGroup> groups, string addressType)
    {
        var plan = new SlicePlan(service, takenNames, addressType);
        // A slice of no endpoints shows that the Service was looked at.
        EndpointGroup[] wanted = groups.Count > 0 ? [.. groups] : [new EndpointGroup("", [], [])];
        var byPorts = existing.ToLookup(slice => slice.AddressType == addressType ? DesiredEndpoints.PortKey(slice.Ports) : "another address type");
        foreach (var group in wanted)
        {
            plan.Fill(group, [.. byPorts[group.Key]]);
        }
        var kept = wanted.Select(group => group.Key).ToHashSet();
        plan.Delete.AddRange(byPorts.Where(slices => !kept.Contains(slices.Key)).SelectMany(slices => slices));
        return plan;
    }

    private void Fill(EndpointGroup group, List<EndpointSlice> slices)
    {
        var wanted = group.Endpoints.ToDictionary(endpoint => endpoint.TargetRef!.Uid!);
        var layout = new List<(EndpointSlice Slice, List<Endpoint> Endpoints)>();
        foreach (var slice in slices)
        {
            var staying = new List<Endpoint>();
            foreach (var uid in (slice.Endpoints ?? []).Select(endpoint => endpoint.TargetRef?.Uid))
            {
                if (uid is not null && staying.Count < MostEndpoints && wanted.Remove(uid, out var endpoint))
                {
                    staying.Add(endpoint);
                }
            }
            layout.Add((slice, staying));
        }
        // In the pods' order, as a dictionary that was removed from doesn't promise any.
        var arriving = new Queue<Endpoint>(group.Endpoints.Where(endpoint => wanted.ContainsKey(endpoint.TargetRef!.Uid!)));
        foreach (var (_, endpoints) in layout.OrderByDescending(slice => slice.Endpoints.Count))
        {
            while (endpoints.Count < MostEndpoints && arriving.TryDequeue(out var endpoint))
            {
                endpoints.Add(endpoint);
            }
        }
        Settle(group, layout);
        while (arriving.Count > 0)
        {
            var taken = Math.Min(arriving.Count, MostEndpoints);
            Create.Add(New(group, [.. Enumerable.Range(0, taken).Select(_ => arriving.Dequeue())]));
        }
        if (group.Endpoints.Count == 0 && slices.Count == 0)
        {
            Create.Add(New(group, []));
        }
    }

    private void Settle(EndpointGroup group, List<(EndpointSlice Slice, List<Endpoint> Endpoints)> layout)
    {
        var keepsEmpty = group.Endpoints.Count == 0;
        foreach (var (slice, endpoints) in layout)
        {
            if (endpoints.Count == 0 && !keepsEmpty)
            {
                Delete.Add(slice);
                continue;
            }
            keepsEmpty = false;
            var settled = Dressed(slice, group, endpoints);
            if (!ModelJson.Same(slice, settled))
            {
                Update.Add(settled);
            }
        }
    }

    private EndpointSlice New(EndpointGroup group, List<Endpoint> endpoints)
    {
        var prefix = $"{_service.Metadata.Name}-";
        for (var slot = 0; ; slot++)
        {
            var seed = string.Create(CultureInfo.InvariantCulture, $"{_service.Metadata.Uid}/{_addressType}/{group.Key}/{slot}");
            var name = SafeNames.WithSuffix(prefix, SafeNames.Suffix(seed));
            if (_names.Add(name))
            {
                var slice = new EndpointSlice
                {
                    Metadata = new ObjectMeta
                    {
                        Name = name,
                        GenerateName = prefix,
                        Namespace = _service.Metadata.Namespace,
                        OwnerReferences = [Owners.ControllerReference(_service)],
                    },
                    AddressType = _addressType,
                };
                return Dressed(slice, group, endpoints);
            }
        }
    }

    private EndpointSlice Dressed(EndpointSlice slice, EndpointGroup group, List<Endpoint> endpoints) => slice with
    {
        Metadata = slice.Metadata with { Labels = Labels().SameAs(slice.Metadata.Labels) ? slice.Metadata.Labels : Labels() },
        Ports = group.Ports,
        Endpoints = endpoints,
    };

    private SortedDictionary<string, string> Labels()
    {
        var labels = new SortedDictionary<string, string>(
            (_service.Metadata.Labels ?? Maps.Empty).ToDictionary(label => label.Key, label => label.Value), StringComparer.Ordinal)
        {
            [ServiceNameLabel] = _service.Metadata.Name!,
            [ManagedByLabel] = ManagedBy,
        };
        labels.Remove(HeadlessLabel);
        if (_service.Spec?.ClusterIP is null or "" or "None")
        {
            labels[HeadlessLabel] = "";
        }
        return labels;
    }
}
