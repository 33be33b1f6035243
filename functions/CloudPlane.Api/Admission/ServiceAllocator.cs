using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using CloudPlane.Schema;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>Cluster IPs and node ports of services.</summary>
internal sealed class ServiceAllocator(IStateStore store, ApiServerOptions options, IdSource ids, TimeProvider time)
{
    private const int LowestPort = 30000, HighestPort = 32767;

    // Random draws before the range counts as full; Kubernetes scans its bitmap instead.
    private const int Draws = 200;

    private readonly Reservations _addresses = new(store, "cloudplane/clusterips", ids, time, (service, ip) => ServiceSpec.ClusterIp(service) == ip);
    private readonly Reservations _ports = new(store, "cloudplane/nodeports", ids, time,
        (service, port) => ServiceSpec.NodePorts(service).Contains(int.Parse(port, CultureInfo.InvariantCulture)));

    /// <param name="dryRun">Chooses and checks as otherwise, but reserves nothing.</param>
    public async ValueTask<IAllocation> AllocateAsync(Operation operation, JsonObject document, JsonObject? stored, bool dryRun)
    {
        var metadata = document.Metadata();
        CheckFamilies(operation, document);
        var holder = new Holder(new ObjectKey(operation.Namespace, metadata.Text("name")), metadata.Text("uid"));
        var allocation = new Allocation(operation.Cluster, holder, dryRun);
        try
        {
            await AllocateAddressAsync(operation, document, stored, allocation);
            await AllocatePortsAsync(operation, document, stored, allocation);
            return allocation;
        }
        catch
        {
            await allocation.DisposeAsync();
            throw;
        }
    }

    public async ValueTask ReleaseAsync(Operation operation, JsonObject document)
    {
        var metadata = document.Metadata();
        var holder = new Holder(new ObjectKey(metadata.Text("namespace"), metadata.Text("name")), metadata.Text("uid"));
        if (ServiceSpec.ClusterIp(document) is not ("" or "None") and var ip)
            await _addresses.ReleaseAsync(operation.Cluster, ip, holder, operation.Aborted);
        foreach (var port in ServiceSpec.NodePorts(document))
            await _ports.ReleaseAsync(operation.Cluster, Text(port), holder, operation.Aborted);
    }

    /// <summary>This cluster has IPv4 only. Whoever looks after the endpoints of a headless service himself may give them any family.</summary>
    private static void CheckFamilies(Operation operation, JsonObject document)
    {
        var spec = document.Object("spec");
        if (!ServiceSpec.NeedsClusterIp(document) || (ServiceSpec.ClusterIp(document) == "None" && spec.Object("selector") is null or { Count: 0 }))
            return;
        var errors = new List<FieldError>();
        foreach (var (family, i) in spec.Texts("ipFamilies").Select((family, i) => (family, i)))
        {
            if (family != "IPv4")
                errors.Add(new FieldError(FieldErrorType.FieldValueInvalid, $"spec.ipFamilies[{i}]", $"Invalid value: {GoText.Quote(family)}: not configured on this cluster"));
        }

        if (spec.Text("ipFamilyPolicy") == "RequireDualStack")
            errors.Add(new FieldError(FieldErrorType.FieldValueInvalid, "spec.ipFamilyPolicy", "Invalid value: \"RequireDualStack\": this cluster is not configured for dual-stack services"));
        if (errors.Count > 0)
            throw ApiErrors.Invalid(operation.Resource, document.Metadata().Text("name"), errors);
    }

    private async ValueTask AllocateAddressAsync(Operation operation, JsonObject document, JsonObject? stored, Allocation allocation)
    {
        var before = stored is null ? "" : ServiceSpec.ClusterIp(stored);
        if (!ServiceSpec.NeedsClusterIp(document))
        {
            allocation.Drop(_addresses, before is "None" ? "" : before);
            return;
        }

        var wanted = ServiceSpec.ClusterIp(document);
        if (wanted.Length > 0)
        {
            ServiceSpec.SetClusterIp(document, wanted);
            if (wanted == "None" || wanted == before)
                return;
            CheckInRange(operation, document, wanted);
            if (!await allocation.TakeAsync(_addresses, wanted, operation.Aborted))
                throw InvalidAddress(operation, document, wanted, "provided IP is already allocated");
            return;
        }

        for (var draw = 0; draw < Draws; draw++)
        {
            // The lowest 256 addresses are left to those who ask for one (KEP-3070).
            var ip = $"{options.ServiceNetworkPrefix}.{ids.Next(1, 255)}.{ids.Next(1, 255)}";
            if (!await allocation.TakeAsync(_addresses, ip, operation.Aborted))
                continue;
            ServiceSpec.SetClusterIp(document, ip);
            return;
        }

        throw ApiErrors.ServiceUnavailable("failed to allocate a serviceIP: range is full");
    }

    private async ValueTask AllocatePortsAsync(Operation operation, JsonObject document, JsonObject? stored, Allocation allocation)
    {
        var before = ServiceSpec.NodePorts(stored).ToHashSet();
        if (ServiceSpec.NeedsNodePorts(document))
        {
            var index = 0;
            foreach (var port in ServiceSpec.Ports(document))
                await AllocatePortAsync(operation, document, port, index++, before, allocation);
        }

        foreach (var unused in before.Except(ServiceSpec.NodePorts(document)))
            allocation.Drop(_ports, Text(unused));
    }

    private async ValueTask AllocatePortAsync(
        Operation operation, JsonObject document, JsonObject port, int index, HashSet<int> before, Allocation allocation)
    {
        if (port.Number("nodePort") is > 0 and var wanted)
        {
            if (before.Contains((int)wanted))
                return;
            if (wanted is < LowestPort or > HighestPort)
                throw InvalidPort(operation, document, index, wanted, $"provided port is not in the valid range. The range of valid ports is {LowestPort}-{HighestPort}");
            if (!await allocation.TakeAsync(_ports, Text((int)wanted), operation.Aborted))
                throw InvalidPort(operation, document, index, wanted, "provided port is already allocated");
            return;
        }

        for (var draw = 0; draw < Draws; draw++)
        {
            var drawn = ids.Next(LowestPort, HighestPort + 1);
            if (ServiceSpec.NodePorts(document).Contains(drawn) || !await allocation.TakeAsync(_ports, Text(drawn), operation.Aborted))
                continue;
            port["nodePort"] = drawn;
            return;
        }

        throw ApiErrors.ServiceUnavailable("failed to allocate a nodePort: range is full");
    }

    private void CheckInRange(Operation operation, JsonObject document, string ip)
    {
        // The network's first and last address are nobody's.
        if (IPAddress.TryParse(ip, out var address) && ip.StartsWith(options.ServiceNetworkPrefix + ".", StringComparison.Ordinal)
            && address.GetAddressBytes() is [_, _, var high, var low] && (high, low) is not ((0, 0) or (255, 255)))
            return;
        throw InvalidAddress(operation, document, ip, $"the provided IP ({ip}) is not in the valid range. The range of valid IPs is {options.ServiceNetworkPrefix}.0.0/16");
    }

    private static ApiStatusException InvalidAddress(Operation operation, JsonObject document, string ip, string why) =>
        ApiErrors.Invalid(operation.Resource, document.Metadata().Text("name"),
            [new FieldError(FieldErrorType.FieldValueInvalid, "spec.clusterIPs", $"Invalid value: [\"{ip}\"]: failed to allocate IP {ip}: {why}")]);

    private static ApiStatusException InvalidPort(Operation operation, JsonObject document, int index, long port, string why) =>
        ApiErrors.Invalid(operation.Resource, document.Metadata().Text("name"),
            [new FieldError(FieldErrorType.FieldValueInvalid, $"spec.ports[{index}].nodePort", $"Invalid value: {port}: {why}")]);

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    /// <summary>The reservations of one write.</summary>
    private sealed class Allocation(string cluster, Holder holder, bool dryRun) : IAllocation
    {
        private readonly List<(Reservations Of, string Value)> _taken = [];
        private readonly List<(Reservations Of, string Value)> _dropped = [];
        private bool _kept;

        public async ValueTask<bool> TakeAsync(Reservations of, string value, CancellationToken cancellationToken)
        {
            // Two ports of one service may share a node port, for two protocols.
            if (_taken.Contains((of, value)))
                return true;
            if (!await (dryRun ? of.IsFreeAsync(cluster, value, holder, cancellationToken) : of.TryTakeAsync(cluster, value, holder, cancellationToken)))
                return false;
            _taken.Add((of, value));
            return true;
        }

        /// <summary>Gone once the write is done.</summary>
        public void Drop(Reservations of, string value)
        {
            if (value.Length > 0)
                _dropped.Add((of, value));
        }

        public async ValueTask KeepAsync(CancellationToken cancellationToken)
        {
            _kept = true;
            foreach (var (of, value) in _dropped)
                await of.ReleaseAsync(cluster, value, holder, cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            if (_kept || dryRun)
                return;
            // Not with the request's token: a client that is gone must not leave its reservations behind.
            foreach (var (of, value) in _taken)
                await of.ReleaseAsync(cluster, value, holder, CancellationToken.None);
        }
    }
}
