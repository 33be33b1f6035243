using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace CloudPlane.Schema.Tests;

public sealed class JsonMergePatchTests
{
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""{"a":"foo"}""", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    [InlineData("""{}""", """{"a":[null,{"x":null}]}""", """{"a":[null,{"x":null}]}""")]
    [InlineData("""{"a":1}""", """{"a":2,"a":3}""", """{"a":3}""")]
    public void Applies(string document, string patch, string expected) => Assert.Equal(expected, Apply(document, patch).ToJsonString());

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    public void OnlyAnObjectIsAPatch(string patch) => Assert.Equal(400, Assert.Throws<PatchException>(() => Apply("{}", patch)).Code);

    [Fact]
    public void ADifferenceAppliedGivesTheTarget() => Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
    {
        var json = new RandomJson(new System.Random(seed));
        var (from, to) = (json.Object(3), json.Object(3));
        var patched = Apply(from.ToJsonString(), Difference(from, to).ToJsonString());
        return JsonNode.DeepEquals(to, patched);
    }).QuickCheckThrowOnFailure();

    private static JsonObject Difference(JsonObject from, JsonObject to)
    {
        var patch = new JsonObject();
        foreach (var name in from.Select(p => p.Key).Except(to.Select(p => p.Key)))
            patch[name] = null;
        foreach (var (name, value) in to)
        {
            if (from[name] is JsonObject left && value is JsonObject right)
                patch[name] = Difference(left, right);
            else if (!JsonNode.DeepEquals(from[name], value))
                patch[name] = value?.DeepClone();
        }

        return patch;
    }

    private static JsonObject Apply(string document, string patch) =>
        JsonMergePatch.Apply((JsonObject)JsonNode.Parse(document)!, Encoding.UTF8.GetBytes(patch));
}
