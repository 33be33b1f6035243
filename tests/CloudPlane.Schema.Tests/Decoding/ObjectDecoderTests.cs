using System.Text;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema.Tests;

public sealed class ObjectDecoderTests
{
    [Theory]
    [InlineData("""{"spec":{"replicas":"3"}}""", "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32")]
    [InlineData("""{"spec":{"replicas":1.5}}""", "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32")]
    [InlineData("""{"spec":{"replicas":1.0}}""", "json: cannot unmarshal number 1.0 into Go struct field DeploymentSpec.spec.replicas of type int32")]
    [InlineData("""{"spec":{"replicas":1e3}}""", "json: cannot unmarshal number 1e3 into Go struct field DeploymentSpec.spec.replicas of type int32")]
    [InlineData("""{"spec":{"replicas":3000000000}}""", "json: cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas of type int32")]
    [InlineData("""{"spec":{"paused":1}}""", "json: cannot unmarshal number into Go struct field DeploymentSpec.spec.paused of type bool")]
    [InlineData("""{"spec":{"template":{"spec":{"containers":"x"}}}}""", "json: cannot unmarshal string into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container")]
    [InlineData("""{"spec":{"template":{"spec":{"containers":[{"ports":[{"containerPort":"x"}]}]}}}}""", "json: cannot unmarshal string into Go struct field ContainerPort.spec.template.spec.containers.ports.containerPort of type int32")]
    [InlineData("""{"metadata":{"labels":{"a":1}}}""", "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string")]
    [InlineData("""{"metadata":{"labels":["a"]}}""", "json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string")]
    [InlineData("""{"metadata":{"name":5}}""", "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string")]
    [InlineData("""{"spec":[]}""", "json: cannot unmarshal array into Go struct field Deployment.spec of type v1.DeploymentSpec")]
    [InlineData("""[1]""", "json: cannot unmarshal array into Go value of type v1.Deployment")]
    [InlineData("""{"metadata":{"creationTimestamp":"yesterday"}}""", """metadata.creationTimestamp: parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006" """)]
    [InlineData("""{"spec":{"strategy":{"rollingUpdate":{"maxSurge":true}}}}""", "spec.strategy.rollingUpdate.maxSurge: json: cannot unmarshal bool into Go value of type int32")]
    [InlineData("""{"spec":{"strategy":{"rollingUpdate":{"maxSurge":1.5}}}}""", "spec.strategy.rollingUpdate.maxSurge: json: cannot unmarshal number 1.5 into Go value of type int32")]
    [InlineData("""{"spec":{"template":{"spec":{"containers":[{"resources":{"limits":{"cpu":"lots"}}}]}}}}""", "spec.template.spec.containers[0].resources.limits.cpu: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    public void Wrong_types_are_named_as_Go_names_them(string json, string error)
    {
        var decoded = Fixture.Decode("Deployment", json);
        Assert.Equal(error.TrimEnd(), decoded.Error);
        Assert.Null(decoded.Object);
    }

    [Theory]
    [InlineData("", "unexpected end of JSON input")]
    [InlineData("{", "unexpected end of JSON input")]
    [InlineData("""{"a":""", "unexpected end of JSON input")]
    [InlineData("""{"a":"b""", "unexpected end of JSON input")]
    [InlineData("{a:1}", "invalid character 'a' looking for beginning of object key string")]
    [InlineData("""{"a" 1}""", "invalid character '1' after object key")]
    [InlineData("""{"a":1 "b":2}""", "invalid character '\"' after object key:value pair")]
    [InlineData("""{"a":1,}""", "invalid character '}' looking for beginning of object key string")]
    [InlineData("[1 2]", "invalid character '2' after array element")]
    [InlineData("[1,]", "invalid character ']' looking for beginning of value")]
    [InlineData("{} x", "invalid character 'x' after top-level value")]
    [InlineData("""{"a":tru}""", "invalid character '}' in literal true (expecting 'e')")]
    [InlineData("""{"a":01}""", "invalid character '1' after object key:value pair")]
    [InlineData("""{"a":1.}""", "invalid character '}' after decimal point in numeric literal")]
    [InlineData("""{"a":-}""", "invalid character '}' in numeric literal")]
    [InlineData("""{"a":"\q"}""", "invalid character 'q' in string escape code")]
    [InlineData("{\"a\":\"\n\"}", "invalid character '\\n' in string literal")]
    [InlineData("kind: Pod", "invalid character 'k' looking for beginning of value")]
    public void Malformed_JSON_is_described_in_Gos_words(string json, string error) => Assert.Equal(error, Fixture.Decode("Pod", json).Error);

    [Fact]
    public void Nesting_is_limited()
    {
        var deep = string.Concat(Enumerable.Repeat("""{"a":""", 100_000)) + "1" + new string('}', 100_000);
        Assert.Equal("exceeded max depth", Fixture.Decode("Pod", deep).Error);
        JsonNode node = new JsonObject();
        for (var i = 0; i < 100; i++)
            node = new JsonObject { ["a"] = node };
        Assert.Equal("exceeded max depth", ObjectDecoder.Decode(Fixture.Resource("Pod").Schema, node).Error);
    }

    [Fact]
    public void Unknown_and_duplicate_fields_are_strict_errors()
    {
        var decoded = Fixture.Decode("Deployment", """
            {"foo":1,"Spec":{},"spec":{"replicas":1,"replicas":2,"template":{"spec":{"containers":[{"name":"a"},{"name":"b","foo":{"x":[1]}}]}}},
             "metadata":{"labels":{"a":"1","a":"2"}}}
            """);
        Assert.Equal(
        [
            "unknown field \"foo\"", "unknown field \"Spec\"", "duplicate field \"spec.replicas\"",
            "unknown field \"spec.template.spec.containers[1].foo\"", "duplicate field \"metadata.labels.a\"",
        ], decoded.StrictErrors);
        Fixture.AssertJson("""{"spec":{"replicas":2,"template":{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}},"metadata":{"labels":{"a":"2"}}}""", decoded.Object);
    }

    [Fact]
    public void Strict_errors_are_limited()
    {
        var json = "{" + string.Join(',', Enumerable.Range(0, 500).Select(i => $"\"f{i}\":1")) + "}";
        Assert.Equal(100, Fixture.Decode("Pod", json).StrictErrors.Count);
    }

    [Fact]
    public void Null_and_zero_are_absent_where_Go_cannot_tell()
    {
        var decoded = Fixture.Decode("Pod", """
            {"metadata":{"name":"a","labels":null,"annotations":{},"finalizers":[]},
             "spec":{"hostNetwork":false,"automountServiceAccountToken":false,"terminationGracePeriodSeconds":0,"nodeName":"",
                     "containers":[null,{"name":"","args":[],"env":[{"name":"A","value":""}],"livenessProbe":{"periodSeconds":0}}],
                     "volumes":[{"name":"v","emptyDir":{}}]}}
            """);
        Fixture.AssertJson("""
            {"metadata":{"name":"a"},
             "spec":{"automountServiceAccountToken":false,"terminationGracePeriodSeconds":0,
                     "containers":[{},{"name":"","env":[{"name":"A"}],"livenessProbe":{}}],"volumes":[{"name":"v","emptyDir":{}}]}}
            """, decoded.Object);
    }

    [Fact]
    public void Values_take_their_canonical_form()
    {
        var decoded = Fixture.Decode("Node", """
            {"metadata":{"creationTimestamp":"2025-01-02T03:04:05.999+02:00"},
             "status":{"capacity":{"cpu":0.5,"memory":"1024Mi","pods":"110"}}}
            """);
        Fixture.AssertJson("""{"metadata":{"creationTimestamp":"2025-01-02T01:04:05Z"},"status":{"capacity":{"cpu":"500m","memory":"1Gi","pods":"110"}}}""", decoded.Object);
    }

    [Theory]
    [InlineData("!!!!", 0)]
    [InlineData("abc", 3)]
    [InlineData("ab=c", 3)]
    [InlineData("ab c", 2)]
    [InlineData("YQ==YQ==", 4)]
    public void Base64_is_checked_without_showing_it(string text, int position)
    {
        var decoded = Fixture.Decode("Secret", $$$"""{"data":{"password":"{{{text}}}"}}""");
        Assert.Equal($"data.password: illegal base64 data at input byte {position}", decoded.Error);
    }

    [Theory]
    [InlineData("YQ==", "YQ==")]
    [InlineData("YW\\nJj", "YWJj")]
    [InlineData("", "")]
    public void Base64_is_kept_canonical(string text, string kept) =>
        Fixture.AssertJson($$$"""{"data":{"k":"{{{kept}}}"}}""", Fixture.Decode("Secret", $$$"""{"data":{"k":"{{{text}}}"}}""").Object);

    [Fact]
    public void Broken_text_is_replaced()
    {
        var bytes = Encoding.UTF8.GetBytes("""{"data":{"a":"x?y","b":"\ud800z"}}""");
        bytes[Array.IndexOf(bytes, (byte)'?')] = 0xff;
        var decoded = ObjectDecoder.Decode(Fixture.Resource("ConfigMap").Schema, bytes);
        Fixture.AssertJson("{\"data\":{\"a\":\"x\uFFFDy\",\"b\":\"\uFFFDz\"}}", decoded.Object);
    }

    [Fact]
    public void Raw_values_are_kept()
    {
        var json = """{"metadata":{"managedFields":[{"fieldsV1":{"f:spec":{".":{},"f:x":{"n":[1.50,null,"a"]}}}}]}}""";
        Fixture.AssertJson(json, Fixture.Decode("Pod", json).Object);
    }
}
