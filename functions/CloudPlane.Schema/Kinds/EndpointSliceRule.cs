using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

internal sealed class EndpointSliceRule : KindRule
{
    private const int MaxEndpoints = 1000;
    private const int MaxAddresses = 100;
    private const int MaxPorts = 20000;

    public override bool HasGeneration => true;

    // There is no spec: everything but metadata is what its writer wants, and of metadata the labels.
    public override bool IsNewGeneration(JsonObject document, JsonObject stored) =>
        !JsonNode.DeepEquals(document["metadata"].Object("labels"), stored["metadata"].Object("labels"))
        || ((string[])["addressType", "endpoints", "ports"]).Any(name => !JsonNode.DeepEquals(document[name], stored[name]));

    public override void Validate(JsonObject document, FieldErrors errors)
    {
        var type = document.Text("addressType");
        if (type is null)
            errors.Required(FieldPath.Root("addressType"));
        Endpoints(document, type, FieldPath.Root("endpoints"), errors);
        Ports(document, FieldPath.Root("ports"), errors);
    }

    public override void ValidateUpdate(JsonObject document, JsonObject stored, FieldErrors errors) =>
        MetadataValidation.Immutable(document["addressType"], stored["addressType"], FieldPath.Root("addressType"), errors);

    private static void Endpoints(JsonObject document, string? type, FieldPath path, FieldErrors errors)
    {
        if (document.Array("endpoints") is { Count: > MaxEndpoints } endpoints)
        {
            errors.TooMany(path, endpoints.Count, MaxEndpoints);
            return;
        }

        foreach (var (endpoint, i) in document.Items("endpoints"))
        {
            var addresses = endpoint.Texts("addresses").ToList();
            var own = path.Index(i).Child("addresses");
            if (addresses.Count == 0)
                errors.Required(own, "must contain at least 1 address");
            else if (addresses.Count > MaxAddresses)
                errors.TooMany(own, addresses.Count, MaxAddresses);
            for (var a = 0; a < addresses.Count; a++)
                errors.Invalid(own.Index(a), addresses[a], Address(type, addresses[a]));
            if (endpoint.Text("hostname") is { } hostname)
                errors.Invalid(path.Index(i).Child("hostname"), hostname, NameRules.Label(hostname));
            if (endpoint.Text("nodeName") is { } node)
                errors.Invalid(path.Index(i).Child("nodeName"), node, NameRules.Subdomain(node));
        }
    }

    private static IEnumerable<string> Address(string? type, string address) => type switch
    {
        "IPv4" when !NameRules.TryParseIp(address, out _) || NameRules.IsIpV6(address) => ["must be an IPv4 address"],
        "IPv6" when !NameRules.IsIpV6(address) => ["must be an IPv6 address"],
        "FQDN" => NameRules.Subdomain(address.EndsWith('.') ? address[..^1] : address),
        _ => [],
    };

    private static void Ports(JsonObject document, FieldPath path, FieldErrors errors)
    {
        if (document.Array("ports") is { Count: > MaxPorts } ports)
        {
            errors.TooMany(path, ports.Count, MaxPorts);
            return;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (port, i) in document.Items("ports"))
        {
            var name = port.Text("name") ?? "";
            if (name.Length > 0)
                errors.Invalid(path.Index(i).Child("name"), name, NameRules.Label(name));
            if (!names.Add(name))
                errors.Duplicate(path.Index(i).Child("name"), name);
            if (port.Text("appProtocol") is { } protocol)
                errors.Invalid(path.Index(i).Child("appProtocol"), protocol, NameRules.QualifiedName(protocol));
        }
    }
}
