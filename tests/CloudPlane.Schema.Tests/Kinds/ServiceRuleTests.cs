using System.Text.Json.Nodes;

namespace CloudPlane.Schema.Tests;

public sealed class ServiceRuleTests
{
    [Theory]
    [InlineData("{}", "spec.ports: Required value")]
    [InlineData("{clusterIP: None}", "")]
    [InlineData("{type: ExternalName}", "spec.externalName: Required value")]
    [InlineData("{type: ExternalName, externalName: a.example.com.}", "")]
    [InlineData("{type: Magic, ports: [{port: 80}]}", "spec.type: Unsupported value: \"Magic\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\"")]
    [InlineData("{ports: [{port: 0}]}", "spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive\nspec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive")]
    [InlineData("{ports: [{port: 80}, {port: 81}]}", "spec.ports[0].name: Required value\nspec.ports[1].name: Required value")]
    [InlineData("{ports: [{port: 80, name: a}, {port: 81, name: a}]}", "spec.ports[1].name: Duplicate value: \"a\"")]
    [InlineData("{ports: [{port: 80, name: a}, {port: 80, name: b}]}", "spec.ports[1]: Duplicate value: {\"protocol\":\"TCP\",\"port\":80}")]
    [InlineData("{ports: [{port: 80, name: a}, {port: 80, name: b, protocol: UDP}]}", "")]
    [InlineData("{ports: [{port: 80, targetPort: not_a_name}]}", "spec.ports[0].targetPort: Invalid value: \"not_a_name\": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")]
    [InlineData("{ports: [{port: 80, nodePort: 30000}]}", "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'")]
    [InlineData("{type: NodePort, ports: [{port: 80, nodePort: 30000}]}", "")]
    [InlineData("{clusterIP: 10.96.0.300, ports: [{port: 80}]}", "spec.clusterIPs[0]: Invalid value: \"10.96.0.300\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")]
    [InlineData("{clusterIP: 10.96.0.3, clusterIPs: [10.96.0.4], ports: [{port: 80}]}", "spec.clusterIPs: Invalid value: [\"10.96.0.4\"]: first value must match `clusterIP`")]
    [InlineData("{sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 100000}}, ports: [{port: 80}]}", "spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 100000: must be greater than 0 and less than 86400")]
    [InlineData("{externalTrafficPolicy: Local, ports: [{port: 80}]}", "spec.externalTrafficPolicy: Invalid value: \"Local\": may only be set for externally-accessible services")]
    public void Faults(string spec, string expected) => Assert.Equal(expected, Fixture.Faults("Service", $"{{metadata: {{name: s}}, spec: {spec}}}"));

    [Fact]
    public void Names_are_stricter() => Assert.Equal(
        "metadata.name: Invalid value: \"1a\": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, " +
        "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
        Fixture.Faults("Service", "{metadata: {name: 1a}, spec: {ports: [{port: 80}]}}"));

    [Fact]
    public void The_cluster_ip_stays() => Assert.Equal("spec.clusterIPs[0]: Invalid value: [\"10.96.0.9\"]: may not change once set",
        Fixture.UpdateFaults("Service", "{metadata: {name: s}, spec: {clusterIP: 10.96.0.5, ports: [{port: 80}]}}", s =>
        {
            s["spec"]!["clusterIP"] = "10.96.0.9";
            s["spec"]!["clusterIPs"] = new JsonArray("10.96.0.9");
        }));

    [Fact]
    public void A_put_of_the_manifest_keeps_what_was_allocated()
    {
        const string Yaml = "{metadata: {name: s, namespace: default}, spec: {type: NodePort, ports: [{port: 80}]}}";
        var stored = Fixture.Create("Service", Yaml);
        stored["spec"]!["clusterIP"] = "10.96.0.5";
        stored["spec"]!["clusterIPs"] = new JsonArray("10.96.0.5");
        stored["spec"]!["ports"]![0]!["nodePort"] = 30001;
        var update = Fixture.Load("Service", Yaml);
        KindRules.PrepareForUpdate(Fixture.Resource("Service"), null, update, stored);
        Assert.Empty(KindRules.ValidateUpdate(Fixture.Resource("Service"), null, update, stored));
        Fixture.AssertJson(stored["spec"]!.ToJsonString(), update["spec"]);
    }

    [Fact]
    public void A_type_without_an_address_gives_it_up()
    {
        var stored = Fixture.Create("Service", "{metadata: {name: s}, spec: {type: NodePort, clusterIP: 10.96.0.5, ports: [{port: 80, nodePort: 30001}]}}");
        var update = stored.DeepClone().AsObject();
        update["spec"]!["type"] = "ClusterIP";
        KindRules.PrepareForUpdate(Fixture.Resource("Service"), null, update, stored);
        Assert.Null(update["spec"]!["ports"]![0]!["nodePort"]);
        update["spec"]!["type"] = "ExternalName";
        KindRules.PrepareForUpdate(Fixture.Resource("Service"), null, update, stored);
        Assert.Null(update["spec"]!["clusterIP"]);
        Assert.Null(update["spec"]!["clusterIPs"]);
    }

    [Theory]
    [InlineData("{type: NodePort, ports: [{port: 80, nodePort: 30001}]}", "ClusterIP")]
    [InlineData("{type: LoadBalancer, externalTrafficPolicy: Local, healthCheckNodePort: 30002, loadBalancerClass: a/b, ports: [{port: 80, nodePort: 30001}]}", "ClusterIP")]
    [InlineData("{type: NodePort, clusterIP: 10.96.0.5, ports: [{port: 80, nodePort: 30001}]}", "ExternalName")]
    public void What_only_the_old_type_has_goes_with_it(string spec, string type)
    {
        var stored = Fixture.Create("Service", $"{{metadata: {{name: s, namespace: default}}, spec: {spec}}}");
        var update = stored.DeepClone().AsObject();
        update["spec"]!["type"] = type;
        update["spec"]!["externalName"] = "a.example.com";
        KindRules.PrepareForUpdate(Fixture.Resource("Service"), null, update, stored);
        Assert.Empty(KindRules.ValidateUpdate(Fixture.Resource("Service"), null, update, stored));
        foreach (var gone in (string[])["externalTrafficPolicy", "healthCheckNodePort", "allocateLoadBalancerNodePorts", "loadBalancerClass"])
            Assert.Null(update["spec"]![gone]);
    }

    [Fact]
    public void An_address_that_is_changed_in_one_field_is_meant_in_both() => Assert.Equal(
        "spec.clusterIPs[0]: Invalid value: [\"10.96.0.9\"]: may not change once set",
        Fixture.UpdateFaults("Service", "{metadata: {name: s}, spec: {clusterIP: 10.96.0.5, ports: [{port: 80}]}}", s => s["spec"]!["clusterIP"] = "10.96.0.9"));
}
