using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace CloudPlane.Schema.Tests;

/// <summary>A patch may be anything: the answer is a document or a PatchException, and it comes soon.</summary>
public sealed class HostilePatchTests
{
    private static readonly ObjectSchema Pod = Catalog.LoadBuiltIn().Type("io.k8s.api.core.v1.Pod");

    private static readonly string[] Names =
    [
        "metadata", "finalizers", "labels", "spec", "containers", "name", "env", "$patch", "$retainKeys", "$setElementOrder/containers",
        "$setElementOrder/", "$deleteFromPrimitiveList/finalizers", "op", "path", "from", "value",
    ];

    private static readonly string[] Kinds = ["add", "remove", "replace", "test", "move", "copy", "frob"];

    private static readonly string[] Pointers =
        ["", "/", "/spec", "/spec/containers", "/spec/containers/0", "/spec/containers/-", "/spec/containers/-1", "/spec/containers/9", "/spec/containers/0/env/0/name", "x", "/metadata/~1~0"];

    private static readonly string[] Texts = ["", "a", "delete", "replace", "merge", "add", "move", "copy", "/spec", "/spec/containers/-", "/spec/containers/0", "name"];

    [Fact]
    public void StrategicMergePatchesNeverFailOtherwise() => Survives((document, patch) => StrategicMergePatch.Apply(Pod, document, patch));

    [Fact]
    public void MergePatchesNeverFailOtherwise() => Survives((document, patch) => JsonMergePatch.Apply(document, patch));

    [Fact]
    public void JsonPatchesNeverFailOtherwise() => Survives((document, patch) => JsonPatch.Apply(document, patch), Operations);

    [Fact]
    public void CopiesIntoCopiesDoNotNestWithoutEnd()
    {
        var operations = new JsonArray();
        for (var depth = 1; depth < 100_000; depth *= 2)
            operations.Add(new JsonObject { ["op"] = "copy", ["from"] = "", ["path"] = string.Concat(Enumerable.Repeat("/a", depth)) });
        var e = Assert.Throws<PatchException>(() => JsonPatch.Apply(JsonNode.Parse("{}")!, Encoding.UTF8.GetBytes(operations.ToJsonString())));
        Assert.Contains("nested deeper than 256", e.Message);
    }

    [Fact]
    public void LongListsMergeInLinearTime()
    {
        var many = string.Join(',', Enumerable.Range(0, 100_000).Select(i => $"\"f{i}\""));
        var watch = Stopwatch.StartNew();
        var patched = StrategicMergePatch.Apply(Pod, (JsonObject)JsonNode.Parse($"{{\"metadata\":{{\"finalizers\":[{many}]}}}}")!,
            Encoding.UTF8.GetBytes($"{{\"metadata\":{{\"finalizers\":[\"new\",{many}]}}}}"));
        Assert.Equal(100_001, patched["metadata"]!["finalizers"]!.AsArray().Count);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"{watch.Elapsed}");
    }

    private static void Survives(Func<JsonObject, byte[], JsonNode?> apply, Func<System.Random, JsonNode>? patch = null) => Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
    {
        var random = new System.Random(seed);
        var document = (JsonObject)JsonNode.Parse(
            """{"metadata":{"name":"p","finalizers":["a","b"],"labels":{"a":"b"}},"spec":{"containers":[{"name":"a","env":[{"name":"a"}]},{"name":"b"}]}}""")!;
        try
        {
            apply(document, Encoding.UTF8.GetBytes((patch?.Invoke(random) ?? Object(random, 5)).ToJsonString()));
        }
        catch (PatchException)
        {
            // An answer too.
        }

        return true;
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    private static JsonNode Operations(System.Random random) => new JsonArray([.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => new JsonObject
    {
        ["op"] = Kinds[random.Next(Kinds.Length)],
        ["path"] = Pointers[random.Next(Pointers.Length)],
        ["from"] = Pointers[random.Next(Pointers.Length)],
        ["value"] = Value(random, 3),
    })]);

    private static JsonObject Object(System.Random random, int depth)
    {
        var result = new JsonObject();
        for (var i = random.Next(6); i > 0; i--)
            result[Names[random.Next(Names.Length)]] = Value(random, depth - 1);
        return result;
    }

    private static JsonNode? Value(System.Random random, int depth) => random.Next(depth > 0 ? 8 : 4) switch
    {
        0 => null,
        1 => JsonValue.Create(random.Next(3)),
        2 or 3 => JsonValue.Create(Texts[random.Next(Texts.Length)]),
        4 or 5 => new JsonArray([.. Enumerable.Range(0, random.Next(4)).Select(_ => Value(random, depth - 1))]),
        _ => Object(random, depth),
    };
}
