using System.Text;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema.Tests;

public sealed class JsonPatchTests
{
    [Theory]
    [InlineData("""{"a":{"b":1}}""", """[{"op":"add","path":"/a/c","value":[1]}]""", """{"a":{"b":1,"c":[1]}}""")]
    [InlineData("""{"a":[1,3]}""", """[{"op":"add","path":"/a/1","value":2},{"op":"add","path":"/a/-","value":4}]""", """{"a":[1,2,3,4]}""")]
    [InlineData("""{"a":[1,2]}""", """[{"op":"remove","path":"/a/-1"}]""", """{"a":[1]}""")]
    [InlineData("""{"a":1}""", """[{"op":"test","path":"/a","value":1.0},{"op":"replace","path":"/a","value":"x"}]""", """{"a":"x"}""")]
    [InlineData("""{"a":1}""", """[{"op":"test","path":"/b","value":null}]""", """{"a":1}""")]
    [InlineData("""{"a":{"x/y":1,"~":2}}""", """[{"op":"remove","path":"/a/x~1y"},{"op":"replace","path":"/a/~0","value":3}]""", """{"a":{"~":3}}""")]
    [InlineData("""{"a":1,"b":{}}""", """[{"op":"move","from":"/a","path":"/b/c"},{"op":"copy","from":"/b/c","path":"/d"}]""", """{"b":{"c":1},"d":1}""")]
    [InlineData("""{"a":1}""", """[{"op":"replace","path":"","value":{"b":2}}]""", """{"b":2}""")]
    public void Applies(string document, string patch, string expected) => Assert.Equal(expected, Apply(document, patch)!.ToJsonString());

    [Theory]
    [InlineData("""[{"op":"test","path":"/a","value":2}]""", 422, "testing path /a failed: test failed")]
    [InlineData("""[{"op":"remove","path":"/x"}]""", 422, "error in remove for path: '/x': Unable to remove nonexistent key: x: missing value")]
    [InlineData("""[{"op":"replace","path":"/x","value":1}]""", 422, "replace operation does not apply: doc is missing key: /x: missing value")]
    [InlineData("""[{"op":"add","path":"/x/y","value":1}]""", 422, "add operation does not apply: doc is missing path: \"/x/y\": missing value")]
    [InlineData("""[{"op":"add","path":"/l/7","value":1}]""", 422, "error in add for path: '/l/7': Unable to access invalid index: 7: invalid index referenced")]
    [InlineData("""[{"op":"add","path":"/l/one","value":1}]""", 422, "error in add for path: '/l/one': value was not a proper array index: 'one'")]
    [InlineData("""[{"op":"frob","path":"/a"}]""", 422, "Unexpected kind: frob")]
    [InlineData("""[{"op":"add","value":1}]""", 422, "add operation failed to decode path: missing value")]
    [InlineData("""{"op":"add"}""", 400, "json: cannot unmarshal object into Go value of type jsonpatch.Patch")]
    [InlineData("""["x"]""", 400, "json: cannot unmarshal string into Go value of type jsonpatch.Operation")]
    public void SaysWhy(string patch, int code, string message)
    {
        var e = Assert.Throws<PatchException>(() => Apply("""{"a":1,"l":[1]}""", patch));
        Assert.Equal((code, message), (e.Code, e.Message));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[{")]
    [InlineData("\"\\ud800\"")]
    [InlineData("[] []")]
    public void NoJsonIsABadRequest(string patch) => Assert.Equal(400, Assert.Throws<PatchException>(() => Apply("{}", patch)).Code);

    [Fact]
    public void TooManyOperationsAreTooLarge()
    {
        var patch = "[" + string.Join(',', Enumerable.Repeat("""{"op":"test","path":"/x","value":null}""", 10_001)) + "]";
        var e = Assert.Throws<PatchException>(() => Apply("{}", patch));
        Assert.Equal((413, "The allowed maximum operations in a JSON patch is 10000, got 10001"), (e.Code, e.Message));
    }

    [Fact]
    public void CopiesOfCopiesAreLimited()
    {
        var patch = "[" + string.Join(',', Enumerable.Range(0, 40).Select(i => $$"""{"op":"copy","from":"","path":"/k{{i}}"}""")) + "]";
        Assert.Equal(422, Assert.Throws<PatchException>(() => Apply("""{"a":"0123456789"}""", patch)).Code);
    }

    [Fact]
    public void TheDocumentIsNotTouched()
    {
        var document = JsonNode.Parse("""{"a":{"b":1}}""")!;
        JsonPatch.Apply(document, """[{"op":"remove","path":"/a/b"}]"""u8);
        Assert.Equal("""{"a":{"b":1}}""", document.ToJsonString());
    }

    [Fact]
    public void DuplicateFieldsAreNamedByPath() => Assert.Equal(
        ["duplicate field \"spec.replicas\"", "duplicate field \"spec.c[1].x\""],
        PatchBody.DuplicateFields("""{"spec":{"replicas":1,"replicas":2,"c":[{},{"x":1,"x":2}]}}"""u8));

    private static JsonNode? Apply(string document, string patch) => JsonPatch.Apply(JsonNode.Parse(document)!, Encoding.UTF8.GetBytes(patch));
}
