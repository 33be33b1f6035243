using System.Text.Json.Nodes;

namespace CloudPlane.Schema.Tests;

public sealed class MetadataTests
{
    private const string Subdomain = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an " +
        "alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    private const string QualifiedName = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
        "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

    [Theory]
    [InlineData("ConfigMap", "{name: A_b}", "metadata.name: Invalid value: \"A_b\": " + Subdomain)]
    [InlineData("ConfigMap", "{name: -x}", "metadata.name: Invalid value: \"-x\": " + Subdomain)]
    [InlineData("ConfigMap", "{name: a..b}", "metadata.name: Invalid value: \"a..b\": " + Subdomain)]
    [InlineData("ConfigMap", "{generateName: A-}", "metadata.generateName: Invalid value: \"A-\": " + Subdomain)]
    [InlineData("ConfigMap", "{generateName: a-}", "")]
    [InlineData("ConfigMap", "{}", "metadata.name: Required value: name or generateName is required")]
    [InlineData("Namespace", "{name: a.b}", "metadata.name: Invalid value: \"a.b\": must not contain dots")]
    [InlineData("Namespace", "{name: A}", "metadata.name: Invalid value: \"A\": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or \'-\', and must start and end with an alphanumeric character (e.g. \'my-name\',  or \'123-abc\', regex used for validation is \'[a-z0-9]([-a-z0-9]*[a-z0-9])?\')")]
    [InlineData("Node", "{name: n, namespace: x}", "metadata.namespace: Forbidden: not allowed on this type")]
    [InlineData("ConfigMap", "{name: a, labels: {'a b': c}}", "metadata.labels: Invalid value: \"a b\": " + QualifiedName)]
    [InlineData("ConfigMap", "{name: a, labels: {'/b': c}}", "metadata.labels: Invalid value: \"/b\": prefix part must be non-empty")]
    [InlineData("ConfigMap", "{name: a, labels: {'X/b': c}}", "metadata.labels: Invalid value: \"X/b\": prefix part " + Subdomain)]
    [InlineData("ConfigMap", "{name: a, labels: {a: 'b c'}}", "metadata.labels: Invalid value: \"b c\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')")]
    [InlineData("ConfigMap", "{name: a, annotations: {'a b': c}}", "metadata.annotations: Invalid value: \"a b\": " + QualifiedName)]
    [InlineData("ConfigMap", "{name: a, finalizers: [foo]}", "metadata.finalizers[0]: Invalid value: \"foo\": name is neither a standard finalizer name nor is it fully qualified")]
    [InlineData("ConfigMap", "{name: a, finalizers: [example.com/foo, orphan]}", "")]
    [InlineData("ConfigMap", "{name: a, ownerReferences: [{apiVersion: v1, kind: Pod, name: p}]}", "metadata.ownerReferences.uid: Invalid value: \"\": must not be empty")]
    [InlineData("ConfigMap", "{name: a, ownerReferences: [{apiVersion: v1, kind: Event, name: p, uid: u}]}", "metadata.ownerReferences: Invalid value: {\"apiVersion\":\"v1\",\"kind\":\"Event\",\"name\":\"p\",\"uid\":\"u\"}: /v1, Kind=Event is disallowed from being an owner")]
    public void Faults(string kind, string metadata, string faults) => Assert.Equal(faults,
        Fixture.Text(KindRules.ValidateCreate(Fixture.Resource(kind), Fixture.Create(kind, $"metadata: {metadata}"))));

    [Fact]
    public void Long_names_say_how_long_they_may_be() => Assert.Equal(
        "metadata.name: Invalid value: \"" + new string('a', 300) + "\": must be no more than 253 bytes",
        Fixture.Faults("ConfigMap", $"metadata: {{name: {new string('a', 300)}}}"));

    [Fact]
    public void Annotations_are_limited_together() => Assert.Equal("metadata.annotations: Too long: may not be more than 262144 bytes",
        Fixture.Faults("ConfigMap", $"metadata: {{name: a, annotations: {{a: {new string('x', 200_000)}, b: {new string('x', 70_000)}}}}}"));

    [Fact]
    public void Two_controllers() => Assert.EndsWith("Only one reference can have Controller set to true. Found \"true\" in references for p and q", Fixture.Faults("ConfigMap", """
        metadata:
          name: a
          ownerReferences:
          - {apiVersion: v1, kind: Pod, name: p, uid: u, controller: true}
          - {apiVersion: v1, kind: Pod, name: q, uid: v, controller: true}
        """), StringComparison.Ordinal);

    [Fact]
    public void Identity_is_immutable() => Assert.Equal("""
        metadata.name: Invalid value: "b": field is immutable
        metadata.uid: Invalid value: "u2": field is immutable
        """, Fixture.UpdateFaults("ConfigMap", "metadata: {name: a, uid: u1}", d =>
        {
            d["metadata"]!["name"] = "b";
            d["metadata"]!["uid"] = "u2";
        }));

    [Fact]
    public void An_update_without_system_metadata_keeps_it()
    {
        var stored = Fixture.Create("Deployment", Manifests.Deployment);
        stored["metadata"]!["uid"] = "u";
        stored["metadata"]!["creationTimestamp"] = "2025-01-01T00:00:00Z";
        var update = Fixture.Load("Deployment", Manifests.Deployment);
        update["metadata"]!["namespace"] = "default";
        KindRules.PrepareForUpdate(Fixture.Resource("Deployment"), null, update, stored);
        Fixture.AssertJson(stored.ToJsonString(), update);
    }

    [Fact]
    public void No_finalizer_comes_while_the_object_goes()
    {
        var stored = Fixture.Create("ConfigMap", "metadata: {name: a, finalizers: [x/a, x/b]}");
        stored["metadata"]!["deletionTimestamp"] = "2025-01-01T00:00:00Z";
        var document = stored.DeepClone().AsObject();
        document["metadata"]!["finalizers"] = new JsonArray("x/a", "x/c");
        Assert.Equal("metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{\"x/c\"}",
            Fixture.Text(KindRules.ValidateUpdate(Fixture.Resource("ConfigMap"), null, document, stored)));
    }
}
