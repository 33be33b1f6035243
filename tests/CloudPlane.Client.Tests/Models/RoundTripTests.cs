using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace CloudPlane.Client.Tests;

public sealed class RoundTripTests
{
    private const string Core = "io.k8s.api.core.v1.";

    [Fact]
    public void Every_kind_comes_back_as_it_was_read() =>
        Prop.ForAll<int>(seed =>
        {
            CheckObject<Pod>(Core + "Pod", seed);
            CheckObject<Node>(Core + "Node", seed);
            CheckObject<Namespace>(Core + "Namespace", seed);
            CheckObject<Service>(Core + "Service", seed);
            CheckObject<ConfigMap>(Core + "ConfigMap", seed);
            CheckObject<Secret>(Core + "Secret", seed);
            CheckObject<Event>(Core + "Event", seed);
            CheckObject<ServiceAccount>(Core + "ServiceAccount", seed);
            CheckObject<Lease>("io.k8s.api.coordination.v1.Lease", seed);
            CheckObject<Deployment>("io.k8s.api.apps.v1.Deployment", seed);
            CheckObject<ReplicaSet>("io.k8s.api.apps.v1.ReplicaSet", seed);
            CheckObject<EndpointSlice>("io.k8s.api.discovery.v1.EndpointSlice", seed);
            Check<PodSpec>(Core + "PodSpec", seed, _ => { });
            Check<LabelSelector>("io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector", seed, _ => { });
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("""{"metadata":{"name":7}}""", "expected a string, found Number at byte 20")]
    [InlineData("""{"spec":{"containers":{}}}""", "expected an array, found StartObject at byte 22")]
    [InlineData("""{"spec":{"containers":[3]}}""", "expected an object, found Number at byte 23")]
    [InlineData("""{"metadata":{"creationTimestamp":"yesterday"}}""", "expected an RFC 3339 time, found String at byte 33")]
    [InlineData("""{"spec":{"priority":12345678901}}""", "expected a 32-bit integer, found Number at byte 20")]
    [InlineData("[]", "expected an object, found StartArray at byte 0")]
    public void A_wrong_type_says_what_and_where(string json, string message) =>
        Assert.Equal(message, Assert.ThrowsAny<JsonException>(() => ModelJson.Parse<Pod>(Encoding.UTF8.GetBytes(json))).Message);

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"metadata":""")]
    [InlineData("""{"x":[1,""")]
    public void Half_a_document_is_an_error(string json) =>
        Assert.ThrowsAny<JsonException>(() => ModelJson.Parse<Pod>(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Unknown_fields_survive_a_change_of_the_record()
    {
        var pod = ModelJson.Parse<Pod>("""{"metadata":{"name":"a","newField":{"x":[1,2]}},"spec":{"nodeName":"n1","future":true},"status":null}"""u8);
        var changed = pod with { Spec = pod.Spec! with { NodeName = "n2" } };
        Assert.Equal(
            """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","newField":{"x":[1,2]}},"spec":{"nodeName":"n2","future":true}}""",
            Encoding.UTF8.GetString(ModelJson.ToBytes(changed).Span));
    }

    [Fact]
    public void A_template_without_metadata_gets_none()
    {
        var set = ModelJson.Parse<ReplicaSet>("""{"metadata":{"name":"a"},"spec":{"template":{"spec":{}}}}"""u8);
        Assert.NotNull(set.Spec!.Template!.Metadata);
        Assert.Contains("\"template\":{\"spec\":{}}", Encoding.UTF8.GetString(ModelJson.ToBytes(set).Span), StringComparison.Ordinal);
    }

    [Fact]
    public void A_record_shows_no_content_as_text()
    {
        var secret = new Secret { Metadata = new() { Name = "s", Namespace = "default" }, StringData = new Dictionary<string, string> { ["k"] = "hunter2" } };
        Assert.Equal("Secret default/s", secret.ToString());
        Assert.DoesNotContain("hunter2", new EnvVar { Name = "a", Value = "hunter2" }.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Same_compares_content()
    {
        var a = ModelJson.Parse<Pod>("""{"spec":{"containers":[{"name":"a"}]}}"""u8);
        var b = ModelJson.Parse<Pod>("""{"spec":{"containers":[{"name":"a"}]}}"""u8);
        Assert.True(ModelJson.Same(a, b));
        Assert.True(ModelJson.Same<Pod>(null, null));
        Assert.False(ModelJson.Same(a, null));
        Assert.False(ModelJson.Same(a, b with { Spec = b.Spec! with { Priority = 1 } }));
    }

    private static void CheckObject<T>(string type, int seed) where T : class, IKubernetesObject<T> => Check<T>(type, seed, document =>
    {
        document["apiVersion"] = T.Resource.ApiVersion;
        document["kind"] = T.Resource.Kind;
        document["metadata"] ??= new JsonObject();
    });

    private static void Check<T>(string type, int seed, Action<JsonObject> complete) where T : class, IModel<T>
    {
        var document = new RandomDocuments(seed).Of(type);
        complete(document);
        var written = ModelJson.ToBytes(ModelJson.Parse<T>(Encoding.UTF8.GetBytes(document.ToJsonString())));
        Assert.True(JsonNode.DeepEquals(document, JsonNode.Parse(written.Span)), $"seed {seed}:\n{document.ToJsonString()}\n{Encoding.UTF8.GetString(written.Span)}");
        Assert.True(ModelJson.ToBytes(ModelJson.Parse<T>(written.Span)).Span.SequenceEqual(written.Span));
    }
}
