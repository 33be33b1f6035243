using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using static CloudPlane.Api.Tests.Manifests;

namespace CloudPlane.Api.Tests;

/// <summary>A thousand damaged manifests: each gets an object or a Status, never a 500.</summary>
public sealed class MutationTests : IAsyncDisposable
{
    private static readonly (string Path, string Body)[] Seeds =
    [
        ($"{Apps}/deployments", Deployment("x")),
        ($"{Namespaced}/pods", """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"x","labels":{"a":"b"},"annotations":{"c":"d"},"finalizers":["example.com/f"],
             "ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"r","uid":"u","controller":true}]},
             "spec":{"nodeSelector":{"a":"b"},"tolerations":[{"key":"k","operator":"Exists","effect":"NoExecute","tolerationSeconds":5}],
              "restartPolicy":"OnFailure","terminationGracePeriodSeconds":5,
              "affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"a","operator":"In","values":["b"]}]}]}}},
              "volumes":[{"name":"e","emptyDir":{}},{"name":"c","configMap":{"name":"c","defaultMode":420,"items":[{"key":"k","path":"p"}]}}],
              "initContainers":[{"name":"i","image":"b"}],
              "containers":[{"name":"m","image":"b","command":["sh"],"ports":[{"containerPort":80,"protocol":"TCP","name":"http"}],
               "env":[{"name":"E","value":"1"},{"name":"F","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}],
               "resources":{"requests":{"cpu":"100m","memory":"1Mi"},"limits":{"memory":"2Mi"}},
               "volumeMounts":[{"name":"e","mountPath":"/e"}],
               "livenessProbe":{"httpGet":{"path":"/","port":"http"},"periodSeconds":5},"readinessProbe":{"exec":{"command":["true"]}},
               "securityContext":{"runAsUser":0}}]}}
            """),
        ($"{Namespaced}/services", Service("x", "NodePort", "\"clusterIP\":\"10.96.3.3\",\"sessionAffinity\":\"ClientIP\",")),
        ($"{Namespaced}/configmaps", ConfigMap("x")),
        ($"{Namespaced}/secrets", """{"metadata":{"name":"x"},"type":"Opaque","data":{"k":"dg=="},"stringData":{"s":"t"}}"""),
        ("/api/v1/namespaces", Namespace("x")),
        ("/api/v1/nodes", """{"metadata":{"name":"x"},"spec":{"podCIDR":"10.244.0.0/24","taints":[{"key":"a","effect":"NoSchedule"}]},"status":{"capacity":{"cpu":"2"},"addresses":[{"type":"InternalIP","address":"1.2.3.4"}]}}"""),
        ($"{Namespaced}/events", """{"metadata":{"name":"x"},"involvedObject":{"kind":"Pod","name":"p","namespace":"default"},"reason":"R","count":1,"firstTimestamp":"2026-01-01T00:00:00Z"}"""),
        ("/apis/coordination.k8s.io/v1/namespaces/default/leases", """{"metadata":{"name":"x"},"spec":{"holderIdentity":"a","leaseDurationSeconds":40,"renewTime":"2026-01-01T00:00:00.000000Z"}}"""),
        ("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", """{"metadata":{"name":"x"},"addressType":"IPv4","endpoints":[{"addresses":["10.0.0.1"],"conditions":{"ready":true}}],"ports":[{"port":80,"name":"a","protocol":"TCP"}]}"""),
    ];

    private static readonly Func<JsonNode?>[] Replacements =
    [
        () => null, () => JsonValue.Create(""), () => JsonValue.Create("x"), () => JsonValue.Create(-1), () => JsonValue.Create(0), () => JsonValue.Create(99999999999L),
        () => JsonValue.Create(1.5), () => JsonValue.Create(1e300), () => JsonValue.Create(true), () => new JsonObject(), () => new JsonArray(), () => new JsonArray((JsonNode?)null),
        () => new JsonObject { ["x"] = null }, () => new JsonArray(new JsonObject()), () => JsonValue.Create(new string('a', 300)), () => JsonValue.Create("\u0000\u00e9\ud83d\ude00"),
        () => JsonValue.Create("-"), () => JsonValue.Create("1.2.3.4.5"), () => JsonValue.Create("2026-13-45T99:00:00Z"),
    ];

    private readonly TestApi _api = new();
    private int _taken;
    private int _refused;

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Fact]
    public void Damaged_manifests_get_a_Status()
    {
        var anySeed = Gen.Choose(0, int.MaxValue).ToArbitrary();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1000), Prop.ForAll(anySeed, seed => TryAsync(seed).GetAwaiter().GetResult()));
        // Otherwise the damage was too much, or none.
        Assert.True(_taken > 100 && _refused > 1000, $"{_taken} taken, {_refused} refused");
    }

    private async Task<bool> TryAsync(int seed)
    {
        var random = new Random(seed);
        var (path, body) = Seeds[random.Next(Seeds.Length)];
        var document = JsonNode.Parse(body)!;
        for (var n = random.Next(1, 4); n > 0; n--)
            Damage(document, random);
        var text = document.ToJsonString();
        if (random.Next(10) == 0)
            text = Garble(text, random);

        Judge(await _api.PostAsync(path, text), text);
        // The damage comes as an update too, over an object that is well.
        var name = JsonNode.Parse(body)!["metadata"]!["name"]!.GetValue<string>();
        await _api.PostAsync(path, body);
        Judge(await _api.PutAsync($"{path}/{name}", text), text);
        Judge(await _api.PatchAsync($"{path}/{name}", text, random.Next(2) == 0 ? "merge" : "strategic"), text);
        Judge(await _api.DeleteAsync($"{path}/{name}", random.Next(2) == 0 ? text : null), text);
        return true;
    }

    private void Judge(Answer answer, string sent)
    {
        Assert.True(answer.Status is >= 200 and < 300 or >= 400 and < 500, $"{answer.Status} {answer.Text}\nfor {sent}\n{string.Join('\n', _api.Unexpected)}");
        if (answer.Status < 400)
        {
            _taken++;
            return;
        }

        _refused++;
        answer.IsFailure(answer.Status, answer.Reason);
        Assert.NotEmpty(answer.Message);
        Assert.NotEmpty(answer.Reason);
    }

    private static void Damage(JsonNode document, Random random)
    {
        var places = new List<Action>();
        Collect(document, places, random);
        if (places.Count > 0)
            places[random.Next(places.Count)]();
    }

    private static void Collect(JsonNode? node, List<Action> places, Random random)
    {
        JsonNode? Replacement() => Replacements[random.Next(Replacements.Length)]();
        if (node is JsonObject fields)
        {
            foreach (var name in fields.Select(f => f.Key).ToArray())
            {
                places.Add(() => fields[name] = Replacement());
                places.Add(() => fields.Remove(name));
                Collect(fields[name], places, random);
            }

            places.Add(() => fields["unknown"] = Replacement());
        }
        else if (node is JsonArray items)
        {
            for (var i = 0; i < items.Count; i++)
            {
                var index = i;
                places.Add(() => items[index] = Replacement());
                Collect(items[i], places, random);
            }

            places.Add(() => items.Add(Replacement()));
            if (items.Count > 0)
                places.Add(() => items.Add(items[0]?.DeepClone()));
        }
    }

    private static string Garble(string text, Random random)
    {
        var at = random.Next(text.Length);
        return random.Next(3) switch
        {
            0 => text[..at],
            1 => text[..at] + (char)random.Next(1, 128) + text[at..],
            _ => text.Remove(at, 1),
        };
    }
}
