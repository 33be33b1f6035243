using System.Text.Json.Nodes;

namespace CloudPlane.Schema.Tests;

public sealed class WorkloadRuleTests
{
    private const string Template = "template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: x}]}}";

    [Theory]
    [InlineData("Deployment", "{}", "spec.selector: Required value\nspec.template.spec.containers: Required value")]
    [InlineData("Deployment", "{selector: {}, " + Template + "}", "spec.selector: Invalid value: {}: empty selector is invalid for deployment")]
    [InlineData("ReplicaSet", "{selector: {}, " + Template + "}", "spec.selector: Invalid value: {}: empty selector is invalid for deployment")]
    [InlineData("Deployment", "{selector: {matchLabels: {a: c}}, " + Template + "}", "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not match template `labels`")]
    [InlineData("ReplicaSet", "{selector: {matchExpressions: [{key: a, operator: NotIn, values: [b]}]}, " + Template + "}", "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not match template `labels`")]
    [InlineData("Deployment", "{selector: {matchExpressions: [{key: a, operator: In}]}, " + Template + "}", "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'\nspec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not match template `labels`")]
    [InlineData("Deployment", "{selector: {matchExpressions: [{key: a, operator: Like}]}, " + Template + "}", "spec.selector.matchExpressions[0].operator: Invalid value: \"Like\": not a valid selector operator\nspec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not match template `labels`")]
    [InlineData("Deployment", "{replicas: -1, minReadySeconds: -2, selector: {matchLabels: {a: b}}, " + Template + "}", "spec.replicas: Invalid value: -1: must be greater than or equal to 0\nspec.minReadySeconds: Invalid value: -2: must be greater than or equal to 0")]
    [InlineData("Deployment", "{progressDeadlineSeconds: 5, minReadySeconds: 5, selector: {matchLabels: {a: b}}, " + Template + "}", "spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds")]
    [InlineData("Deployment", "{strategy: {type: Recreate, rollingUpdate: {maxSurge: 1}}, selector: {matchLabels: {a: b}}, " + Template + "}", "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'")]
    [InlineData("Deployment", "{strategy: {type: Blue}, selector: {matchLabels: {a: b}}, " + Template + "}", "spec.strategy.type: Unsupported value: \"Blue\": supported values: \"Recreate\", \"RollingUpdate\"")]
    [InlineData("Deployment", "{strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 0}}, selector: {matchLabels: {a: b}}, " + Template + "}", "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0")]
    [InlineData("Deployment", "{strategy: {rollingUpdate: {maxSurge: 0%, maxUnavailable: 0}}, selector: {matchLabels: {a: b}}, " + Template + "}", "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0")]
    [InlineData("Deployment", "{strategy: {rollingUpdate: {maxSurge: many, maxUnavailable: 101%}}, selector: {matchLabels: {a: b}}, " + Template + "}", "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"many\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')\nspec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"101%\": must not be greater than 100%")]
    [InlineData("Deployment", "{selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Never, activeDeadlineSeconds: 5, containers: [{name: c, image: x}]}}}", "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\"\nspec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported")]
    public void Faults(string kind, string spec, string expected) => Assert.Equal(expected, Fixture.Faults(kind, $"{{metadata: {{name: d}}, spec: {spec}}}"));

    [Theory]
    [InlineData("Deployment", Manifests.Deployment)]
    [InlineData("ReplicaSet", Manifests.ReplicaSet)]
    public void Selectors_are_immutable(string kind, string yaml) => Assert.Equal(
        "spec.selector: Invalid value: {\"matchLabels\":{\"x\":\"y\"}}: field is immutable", Fixture.UpdateFaults(kind, yaml, d =>
        {
            d["spec"]!["selector"] = JsonNode.Parse("""{"matchLabels":{"x":"y"}}""");
            d["spec"]!["template"]!["metadata"]!["labels"]!["x"] = "y";
        }));

    [Theory]
    [InlineData(null, "spec", 2)]
    [InlineData(null, "annotations", 2)]
    [InlineData(null, "labels", 1)]
    [InlineData(null, "status", 1)]
    [InlineData("status", "status", 1)]
    public void The_generation_counts_what_the_user_wants(string? subresource, string changed, int generation)
    {
        var stored = Fixture.Create("Deployment", Manifests.Deployment);
        var update = stored.DeepClone().AsObject();
        switch (changed)
        {
            case "spec":
                update["spec"]!["replicas"] = 5;
                break;
            case "status":
                update["status"] = new JsonObject { ["replicas"] = 3 };
                break;
            default:
                update["metadata"]![changed] = new JsonObject { ["a"] = "b" };
                break;
        }

        KindRules.PrepareForUpdate(Fixture.Resource("Deployment"), subresource, update, stored);
        Assert.Equal(generation, update["metadata"].Number("generation"));
        Assert.Equal(subresource == "status" ? 3 : null, update["status"].Number("replicas"));
    }

    [Fact]
    public void Status_is_checked() => Assert.Equal("""
        status.readyReplicas: Invalid value: 4: cannot be greater than status.replicas
        status.availableReplicas: Invalid value: -1: must be greater than or equal to 0
        """, string.Join('\n', Fixture.UpdateFaults("Deployment", Manifests.Deployment,
        d => d["status"] = JsonNode.Parse("""{"replicas":3,"readyReplicas":4,"availableReplicas":-1}"""), "status").Split('\n').OrderDescending()));

    [Fact]
    public void Scale_is_checked() => Assert.Equal("spec.replicas: Invalid value: -1: must be greater than or equal to 0",
        Fixture.Text(KindRules.ValidateScale(JsonNode.Parse("""{"spec":{"replicas":-1}}""")!.AsObject())));
}
