using System.Text;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema.Tests;

public sealed class StrategicMergePatchTests
{
    private static readonly Catalog Catalog = Catalog.LoadBuiltIn();

    [Theory]
    // Lists merge by their key; other items stay.
    [InlineData("""{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"1"}]}}""",
        """{"spec":{"containers":[{"name":"b","image":"2"}]}}""",
        """{"spec":{"containers":[{"name":"a","image":"1"},{"name":"b","image":"2"}]}}""")]
    // A new item goes behind; with no order given, patch items follow what the server has before them.
    [InlineData("""{"spec":{"containers":[{"name":"a"}]}}""", """{"spec":{"containers":[{"name":"c","image":"3"}]}}""",
        """{"spec":{"containers":[{"name":"c","image":"3"},{"name":"a"}]}}""")]
    // Nested: env of a container merges by name, ports by containerPort, command is replaced.
    [InlineData("""{"spec":{"containers":[{"name":"a","command":["x"],"env":[{"name":"E","value":"1"}],"ports":[{"containerPort":80,"name":"w"}]}]}}""",
        """{"spec":{"containers":[{"name":"a","command":["y","z"],"env":[{"name":"E","value":"2"}],"ports":[{"containerPort":80,"protocol":"TCP"}]}]}}""",
        """{"spec":{"containers":[{"name":"a","command":["y","z"],"env":[{"name":"E","value":"2"}],"ports":[{"containerPort":80,"name":"w","protocol":"TCP"}]}]}}""")]
    // null deletes, of absent fields too.
    [InlineData("""{"spec":{"nodeName":"n","hostname":"h"}}""", """{"spec":{"nodeName":null,"subdomain":null}}""", """{"spec":{"hostname":"h"}}""")]
    [InlineData("""{"metadata":{"labels":{"a":"1","b":"2"}}}""", """{"metadata":{"labels":{"a":null,"c":"3"}}}""", """{"metadata":{"labels":{"b":"2","c":"3"}}}""")]
    // Lists of primitives with strategy merge.
    [InlineData("""{"metadata":{"finalizers":["a","b"]}}""", """{"metadata":{"finalizers":["b","c"]}}""", """{"metadata":{"finalizers":["a","b","c"]}}""")]
    [InlineData("""{"metadata":{"finalizers":["a","b"]}}""",
        """{"metadata":{"$deleteFromPrimitiveList/finalizers":["a"],"$setElementOrder/finalizers":["b"]}}""",
        """{"metadata":{"finalizers":["b"]}}""")]
    // Directives on items and maps.
    [InlineData("""{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}""", """{"spec":{"containers":[{"$patch":"delete","name":"a"}]}}""",
        """{"spec":{"containers":[{"name":"b"}]}}""")]
    [InlineData("""{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}""", """{"spec":{"containers":[{"name":"c"},{"$patch":"replace"}]}}""",
        """{"spec":{"containers":[{"name":"c"}]}}""")]
    [InlineData("""{"spec":{"nodeSelector":{"a":"1"},"hostname":"h"}}""", """{"spec":{"nodeSelector":{"$patch":"replace","b":"2"}}}""",
        """{"spec":{"nodeSelector":{"b":"2"},"hostname":"h"}}""")]
    [InlineData("""{"spec":{"nodeSelector":{"a":"1"}}}""", """{"spec":{"nodeSelector":{"$patch":"delete"}}}""", """{"spec":{"nodeSelector":{}}}""")]
    // retainKeys: a volume changes its source.
    [InlineData("""{"spec":{"volumes":[{"name":"v","emptyDir":{}}]}}""",
        """{"spec":{"$setElementOrder/volumes":[{"name":"v"}],"volumes":[{"$retainKeys":["name","configMap"],"name":"v","configMap":{"name":"c"}}]}}""",
        """{"spec":{"volumes":[{"name":"v","configMap":{"name":"c"}}]}}""")]
    // Directives and nulls in what is new are not stored.
    [InlineData("""{"spec":{}}""", """{"spec":{"containers":[{"name":"a","image":null,"$setElementOrder/env":[{"name":"X"}],"env":[{"name":"X","$patch":"delete"}]}]}}""",
        """{"spec":{"containers":[{"name":"a","env":[]}]}}""")]
    // The order that the client wants; the server's own item stands by its neighbours.
    [InlineData("""{"spec":{"containers":[{"name":"a"},{"name":"sidecar"},{"name":"b"}]}}""",
        """{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}],"containers":[{"name":"a","image":"2"}]}}""",
        """{"spec":{"containers":[{"name":"sidecar"},{"name":"b"},{"name":"a","image":"2"}]}}""")]
    public void AppliesToPods(string document, string patch, string expected) =>
        Assert.Equal(expected, Apply("io.k8s.api.core.v1.Pod", document, patch).ToJsonString());

    [Fact]
    public void DeploymentStrategyKeepsOnlyItsRetainedKeys() => Assert.Equal(
        """{"spec":{"strategy":{"type":"Recreate"}}}""",
        Apply("io.k8s.api.apps.v1.Deployment",
            """{"spec":{"strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":1}}}}""",
            """{"spec":{"strategy":{"$retainKeys":["type"],"type":"Recreate"}}}""").ToJsonString());

    [Fact]
    public void ServicePortsMergeByPort() => Assert.Equal(
        """{"spec":{"ports":[{"port":80,"name":"w","targetPort":9},{"port":81}]}}""",
        Apply("io.k8s.api.core.v1.Service",
            """{"spec":{"ports":[{"port":80,"name":"w"},{"port":81}]}}""",
            """{"spec":{"$setElementOrder/ports":[{"port":80},{"port":81}],"ports":[{"port":80,"targetPort":9}]}}""").ToJsonString());

    [Theory]
    [InlineData("""{"spec":{"containers":[{"image":"x"}]}}""", 400, "map: map[image:x] does not contain declared merge key: name")]
    [InlineData("""{"spec":{"containers":[{"name":"a","$patch":"frob"}]}}""", 422, "unknown patch type: frob in map: map[$patch:frob name:a]")]
    [InlineData("""{"spec":{"$patch":"frob"}}""", 422, "unknown patch type: frob in map: map[$patch:frob]")]
    [InlineData("""{"spec":{"$retainKeys":["a"],"b":1}}""", 400, "invalid patch format of retainKeys")]
    [InlineData("""{"spec":{"$setElementOrder/containers":3}}""", 400, "invalid patch format of setElementOrder list")]
    [InlineData("""{"spec":{"$setElementOrder/containers":[{"name":"b"}],"containers":[{"name":"a"}]}}""", 400,
        "The order in patch list:\n[map[name:a]]\n doesn't match $setElementOrder list:\n[map[name:b]]\n")]
    [InlineData("""{"spec":{"containers":["x"]}}""", 400, "list element types are not identical")]
    [InlineData("""{"spec":{"containers":[[1]]}}""", 422, "lists of lists are not supported")]
    [InlineData("[]", 400, "json: cannot unmarshal array into Go value of type map[string]interface {}")]
    [InlineData("{x", 400, "invalid character 'x' looking for beginning of object key string")]
    public void SaysWhy(string patch, int code, string message)
    {
        var e = Assert.Throws<PatchException>(() => Apply("io.k8s.api.core.v1.Pod", """{"spec":{"containers":[{"name":"a"}]}}""", patch));
        Assert.Equal((code, message), (e.Code, e.Message));
    }

    private static JsonObject Apply(string type, string document, string patch) =>
        StrategicMergePatch.Apply(Catalog.Type(type), (JsonObject)JsonNode.Parse(document)!, Encoding.UTF8.GetBytes(patch));
}
