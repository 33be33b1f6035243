using System.Text.Json.Nodes;

namespace CloudPlane.Schema.Tests;

public sealed class OtherKindRuleTests
{
    private const string KeyError = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', " +
        "regex used for validation is '[-._a-zA-Z0-9]+')";

    [Theory]
    [InlineData("ConfigMap", "data: {'a b': c}", "data[a b]: Invalid value: \"a b\": " + KeyError)]
    [InlineData("ConfigMap", "data: {..: c}", "data[..]: Invalid value: \"..\": must not be '..'")]
    [InlineData("ConfigMap", "{data: {a: c}, binaryData: {a: YQ==}}", "data[a]: Invalid value: \"a\": duplicate of key present in binaryData")]
    [InlineData("Secret", "data: {'a/b': YQ==}", "data[a/b]: Invalid value: \"a/b\": " + KeyError)]
    [InlineData("Secret", "{type: kubernetes.io/tls, stringData: {tls.crt: x}}", "data[tls.key]: Required value")]
    [InlineData("Secret", "{type: kubernetes.io/basic-auth}", "data[username]: Required value\ndata[password]: Required value")]
    [InlineData("Secret", "{type: kubernetes.io/dockerconfigjson, stringData: {.dockerconfigjson: 'hunter2'}}", "data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": not a JSON object")]
    [InlineData("Secret", "{type: kubernetes.io/service-account-token}", "metadata.annotations[kubernetes.io/service-account.name]: Required value")]
    [InlineData("Node", "spec: {taints: [{key: a, effect: NoSchedule}, {key: a, effect: NoSchedule}]}", "spec.taints[1]: Duplicate value: {\"key\":\"a\",\"effect\":\"NoSchedule\"}")]
    [InlineData("Node", "spec: {taints: [{key: a}]}", "spec.taints[0].effect: Required value")]
    [InlineData("Node", "spec: {taints: [{key: a, effect: Never}]}", "spec.taints[0].effect: Unsupported value: \"Never\": supported values: \"NoExecute\", \"NoSchedule\", \"PreferNoSchedule\"")]
    [InlineData("Node", "spec: {podCIDR: 10.0.0.0}", "spec.podCIDRs[0]: Invalid value: \"10.0.0.0\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")]
    [InlineData("Lease", "spec: {leaseDurationSeconds: 0, leaseTransitions: -1}", "spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0\nspec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0")]
    [InlineData("Event", "involvedObject: {namespace: other}", "involvedObject.namespace: Invalid value: \"other\": does not match event.namespace")]
    [InlineData("Event", "involvedObject: {kind: Node}", "")]
    [InlineData("EndpointSlice", "endpoints: []", "addressType: Required value")]
    [InlineData("EndpointSlice", "{addressType: IPv4, endpoints: [{addresses: [\"::1\"]}, {}]}", "endpoints[0].addresses[0]: Invalid value: \"::1\": must be an IPv4 address\nendpoints[1].addresses: Required value: must contain at least 1 address")]
    [InlineData("EndpointSlice", "{addressType: IPv4, ports: [{port: 1}, {port: 2}]}", "ports[1].name: Duplicate value: \"\"")]
    [InlineData("Binding", "target: {kind: Pod}", "target.kind: Unsupported value: \"Pod\": supported values: \"Node\", \"<empty>\"\ntarget.name: Required value")]
    public void Faults(string kind, string body, string expected)
    {
        var document = Fixture.Create(kind, body.StartsWith('{') ? $"{{metadata: {{name: x}}, {body[1..]}" : $"metadata: {{name: x}}\n{body}");
        Assert.Equal(expected, Fixture.Text(KindRules.ValidateCreate(Fixture.Resource(kind), document)));
    }

    [Fact]
    public void Sizes_are_limited()
    {
        var big = new string('x', 1024 * 1024 + 1);
        Assert.Equal(": Too long: may not be more than 1048576 bytes", Fixture.Faults("ConfigMap", $"{{metadata: {{name: x}}, data: {{a: {big}}}}}"));
        Assert.Equal("data: Too long: may not be more than 1048576 bytes", Fixture.Faults("Secret", $"{{metadata: {{name: x}}, stringData: {{a: {big}}}}}"));
    }

    [Theory]
    [InlineData("ConfigMap", "{metadata: {name: x}, immutable: true, data: {a: b}}")]
    [InlineData("Secret", "{metadata: {name: x}, immutable: true, data: {a: YQ==}}")]
    public void Immutable_data_stays(string kind, string yaml) => Assert.Equal(
        "immutable: Forbidden: field is immutable when `immutable` is set\ndata: Forbidden: field is immutable when `immutable` is set",
        Fixture.UpdateFaults(kind, yaml, d =>
        {
            d["immutable"] = false;
            d["data"]!["a"] = "Yg==";
        }));

    [Fact]
    public void A_secrets_type_stays() => Assert.Equal("type: Invalid value: \"x\": field is immutable",
        Fixture.UpdateFaults("Secret", Manifests.Secret, d => d["type"] = "x"));

    [Fact]
    public void A_nodes_range_is_set_once()
    {
        Assert.Equal("", Fixture.UpdateFaults("Node", "metadata: {name: n}", SetRange));
        Assert.Equal("spec.podCIDRs: Forbidden: node updates may not change podCIDR except from \"\" to valid", Fixture.UpdateFaults("Node", Manifests.Node, SetRange));

        static void SetRange(JsonObject node) => node["spec"]!["podCIDRs"] = new JsonArray("10.9.0.0/24");
    }

    [Fact]
    public void A_nodes_status_is_kept_on_create_and_needs_the_subresource_after()
    {
        var stored = Fixture.Create("Node", Manifests.Node);
        Assert.Equal("2", stored["status"].Object("capacity").Text("cpu"));
        var update = stored.DeepClone().AsObject();
        update["status"] = new JsonObject();
        update["spec"]!["unschedulable"] = true;
        KindRules.PrepareForUpdate(Fixture.Resource("Node"), null, update, stored);
        Assert.Equal("2", update["status"].Object("capacity").Text("cpu"));
        Assert.True(update["spec"].Flag("unschedulable"));
        Assert.Empty(KindRules.ValidateUpdate(Fixture.Resource("Node"), null, update, stored));
    }

    [Fact]
    public void A_namespace_is_finalized_through_its_subresource_only()
    {
        var stored = Fixture.Create("Namespace", Manifests.Namespace);
        var update = stored.DeepClone().AsObject();
        update["spec"] = new JsonObject();
        var finalized = update.DeepClone().AsObject();
        KindRules.PrepareForUpdate(Fixture.Resource("Namespace"), null, update, stored);
        Fixture.AssertJson("""{"finalizers":["kubernetes"]}""", update["spec"]);
        KindRules.PrepareForUpdate(Fixture.Resource("Namespace"), "finalize", finalized, stored);
        Fixture.AssertJson("{}", finalized["spec"]);
        Assert.Equal("Active", finalized["status"].Text("phase"));
    }

    [Fact]
    public void An_address_type_stays() => Assert.Equal("addressType: Invalid value: \"FQDN\": field is immutable",
        Fixture.UpdateFaults("EndpointSlice", "{metadata: {name: x}, addressType: IPv4}", d => d["addressType"] = "FQDN"));

    [Fact]
    public void A_slices_generation_counts_its_endpoints()
    {
        var stored = Fixture.Create("EndpointSlice", Manifests.EndpointSlice);
        Assert.Equal(1, stored["metadata"].Number("generation"));
        var update = stored.DeepClone().AsObject();
        update["endpoints"] = new JsonArray();
        KindRules.PrepareForUpdate(Fixture.Resource("EndpointSlice"), null, update, stored);
        Assert.Equal(2, update["metadata"].Number("generation"));
    }
}
