using System.Text;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace CloudPlane.Schema.Tests;

/// <summary>Whatever arrives is answered, never crashed on.</summary>
public sealed class MutationTests
{
    private const string Special = "{}[]:,\"'\\&*!|>-#%@0ex\n\t ";

    // FsCheck's own integers stay small, which would be a hundred different seeds.
    private static readonly Arbitrary<int> Seeds = Gen.Choose(int.MinValue, int.MaxValue).ToArbitrary();

    [Fact]
    public void Valid_manifests_are_valid() =>
        Assert.All(Manifests.All, m => Assert.Equal("", Fixture.Faults(m.Kind, m.Yaml)));

    [Fact]
    public void Defaulting_twice_changes_nothing() => Assert.All(Manifests.All, m =>
    {
        var once = Fixture.Load(m.Kind, m.Yaml);
        var twice = once.DeepClone().AsObject();
        Defaulter.Default(Fixture.Resource(m.Kind), twice);
        Fixture.AssertJson(once.ToJsonString(), twice);
    });

    [Fact]
    public void Decoding_a_stored_object_changes_nothing() => Assert.All(Manifests.All, m =>
    {
        var created = Fixture.Create(m.Kind, m.Yaml);
        var again = ObjectDecoder.Decode(Fixture.Resource(m.Kind).Schema, created);
        Assert.Null(again.Error);
        Assert.Empty(again.StrictErrors);
        Defaulter.Default(Fixture.Resource(m.Kind), again.Object!);
        Fixture.AssertJson(created.ToJsonString(), again.Object);
    });

    /// <summary>1,000 manifests with a field removed, doubled or replaced by something else, and 1,000 with broken bytes.</summary>
    [Fact]
    public void Mutated_manifests_never_throw() =>
        Prop.ForAll(Seeds, seed => Mutate(new Random(seed))).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    [Fact]
    public void Broken_bytes_never_throw() =>
        Prop.ForAll(Seeds, seed => Break(new Random(seed))).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));

    private static void Mutate(Random random)
    {
        var (kind, yaml) = Manifests.All[random.Next(Manifests.All.Length)];
        var original = JsonNode.Parse(YamlToJson.Convert(Encoding.UTF8.GetBytes(yaml)))!;
        var mutated = original.DeepClone();
        for (var i = random.Next(1, 4); i > 0; i--)
            MutateOnce(mutated, random);
        Run(kind, ObjectDecoder.Decode(Fixture.Resource(kind).Schema, mutated), Fixture.Create(kind, yaml));
    }

    private static void Break(Random random)
    {
        var (kind, yaml) = Manifests.All[random.Next(Manifests.All.Length)];
        var bytes = random.Next(2) == 0 ? Encoding.UTF8.GetBytes(yaml) : YamlToJson.Convert(Encoding.UTF8.GetBytes(yaml));
        for (var i = random.Next(1, 6); i > 0; i--)
            bytes[random.Next(bytes.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : (byte)Special[random.Next(Special.Length)];
        if (random.Next(4) == 0)
            bytes = bytes[..random.Next(bytes.Length)];
        Run(kind, ObjectDecoder.Decode(Fixture.Resource(kind).Schema, bytes), Fixture.Create(kind, yaml));
        try
        {
            Run(kind, ObjectDecoder.Decode(Fixture.Resource(kind).Schema, YamlToJson.Convert(bytes)), Fixture.Create(kind, yaml));
        }
        catch (FormatException)
        {
        }
    }

    private static void Run(string kind, DecodeResult decoded, JsonObject stored)
    {
        Assert.Equal(decoded.Object is null, decoded.Error is not null);
        if (decoded.Object is not { } document)
            return;
        var resource = Fixture.Resource(kind);
        Defaulter.Default(resource, document);
        var update = document.DeepClone().AsObject();
        if (kind == "Pod")
            PodAdmission.Admit(document);
        KindRules.PrepareForCreate(resource, document);
        KindRules.ValidateCreate(resource, document);
        KindRules.Warnings(resource, document, null);
        foreach (var subresource in (string?[])[null, "status"])
        {
            var copy = update.DeepClone().AsObject();
            KindRules.PrepareForUpdate(resource, subresource, copy, stored);
            KindRules.ValidateUpdate(resource, subresource, copy, stored);
            KindRules.Warnings(resource, copy, stored);
        }
    }

    private static void MutateOnce(JsonNode root, Random random)
    {
        var places = Places(root).ToList();
        var (parent, key) = places[random.Next(places.Count)];
        var replacement = Junk(random, places);
        if (parent is JsonObject o)
        {
            var name = (string)key;
            switch (random.Next(4))
            {
                case 0:
                    o.Remove(name);
                    break;
                case 1:
                    o[name + "x"] = o[name]?.DeepClone();
                    break;
                default:
                    o[name] = replacement;
                    break;
            }
        }
        else if (parent is JsonArray a)
        {
            if (random.Next(3) == 0)
                a.Add(a[(int)key]?.DeepClone());
            else
                a[(int)key] = replacement;
        }
    }

    private static JsonNode? Junk(Random random, List<(JsonNode Parent, object Key)> places) => random.Next(17) switch
    {
        0 => null,
        1 => JsonValue.Create(-1),
        2 => JsonValue.Create(0),
        3 => JsonValue.Create(long.MaxValue),
        4 => JsonValue.Create(1e300),
        5 => JsonValue.Create(""),
        6 => JsonValue.Create("-Ünïcode\u0000/../"),
        7 => JsonValue.Create(new string('x', 300)),
        8 => JsonValue.Create(true),
        9 => new JsonObject(),
        10 => new JsonArray(),
        11 => new JsonArray(null, JsonValue.Create(1), new JsonObject()),
        12 => JsonValue.Create("1e999999999"),
        13 => JsonValue.Create("150%"),
        14 => JsonValue.Create("0000-00-00T00:00:00Z"),
        15 => JsonValue.Create(65536),
        _ => places[random.Next(places.Count)] is var (p, k) ? (p is JsonObject o ? o[(string)k] : p[(int)k])?.DeepClone() : null,
    };

    private static IEnumerable<(JsonNode Parent, object Key)> Places(JsonNode? node) => node switch
    {
        JsonObject o => o.SelectMany(p => Places(p.Value).Prepend((o, p.Key))),
        JsonArray a => a.SelectMany((item, i) => Places(item).Prepend((a, i))),
        _ => [],
    };
}
