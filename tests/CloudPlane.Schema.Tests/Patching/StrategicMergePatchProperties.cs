using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace CloudPlane.Schema.Tests;

/// <summary>Laws of strategic merge over random pods and patches.</summary>
public sealed class StrategicMergePatchProperties
{
    private static readonly ObjectSchema Pod = Catalog.LoadBuiltIn().Type("io.k8s.api.core.v1.Pod");

    [Fact]
    public void ApplyingTwiceChangesNothingMore() => ForRandomPatches((document, patch) =>
    {
        var once = StrategicMergePatch.Apply(Pod, document, patch);
        return JsonNode.DeepEquals(once, StrategicMergePatch.Apply(Pod, once, patch));
    });

    [Fact]
    public void TheDocumentIsNotTouchedAndNoDirectiveIsStored() => ForRandomPatches((document, patch) =>
    {
        var before = document.ToJsonString();
        var after = StrategicMergePatch.Apply(Pod, document, patch).ToJsonString();
        return document.ToJsonString() == before && !after.Contains('$');
    });

    [Fact]
    public void ThePatchesItemsStandInItsOrder() => ForRandomPatches((document, patch) =>
    {
        var wanted = Names(JsonNode.Parse(patch)!["spec"]!["$setElementOrder/containers"]);
        var names = Names(StrategicMergePatch.Apply(Pod, document, patch)["spec"]!["containers"]);
        return names.Where(wanted.Contains).SequenceEqual(wanted.Where(names.Contains));
    });

    private static void ForRandomPatches(Func<JsonObject, byte[], bool> law) => Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
    {
        var random = new System.Random(seed);
        return law(RandomPod(random), RandomPatch(random));
    }).QuickCheckThrowOnFailure();

    private static JsonObject RandomPod(System.Random random) => new()
    {
        ["metadata"] = new JsonObject { ["finalizers"] = Strings(random), ["labels"] = Labels(random) },
        ["spec"] = new JsonObject { ["containers"] = Containers(random, directives: false) },
    };

    private static byte[] RandomPatch(System.Random random)
    {
        var containers = Containers(random, directives: true);
        var order = new JsonArray([.. containers.Where(c => c!["$patch"] is null).Select(c => new JsonObject { ["name"] = c!["name"]!.DeepClone() })]);
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["finalizers"] = Strings(random), ["labels"] = Labels(random) },
            ["spec"] = new JsonObject { ["$setElementOrder/containers"] = order, ["containers"] = containers, ["hostname"] = random.Next(2) == 0 ? null : "h" },
        };
        return Encoding.UTF8.GetBytes(patch.ToJsonString());
    }

    private static JsonArray Containers(System.Random random, bool directives)
    {
        var result = new JsonArray();
        foreach (var name in Shuffled(random))
        {
            var container = new JsonObject { ["name"] = name, ["image"] = $"i{random.Next(3)}", ["env"] = Env(random) };
            if (directives && random.Next(4) == 0)
                container = new JsonObject { ["name"] = name, ["$patch"] = "delete" };
            else if (directives && random.Next(4) == 0)
                container["$retainKeys"] = new JsonArray("name", "image", "env");
            result.Add(container);
        }

        return result;
    }

    private static JsonArray Env(System.Random random) =>
        new([.. Shuffled(random).Select(n => new JsonObject { ["name"] = n, ["value"] = $"{random.Next(2)}" })]);

    private static JsonArray Strings(System.Random random) => new([.. Shuffled(random).Select(n => JsonValue.Create(n))]);

    private static JsonObject Labels(System.Random random)
    {
        var labels = new JsonObject();
        foreach (var name in Shuffled(random))
            labels[name] = $"{random.Next(2)}";
        return labels;
    }

    private static string[] Shuffled(System.Random random)
    {
        var names = new[] { "a", "b", "c", "d", "e" };
        random.Shuffle(names);
        return names[..random.Next(names.Length)];
    }

    private static List<string> Names(JsonNode? list) => [.. list!.AsArray().Select(i => i!["name"]!.GetValue<string>())];
}
