using CloudPlane.Client;

namespace CloudPlane.Agent.Tests;

public sealed class AdmissionTests
{
    private static readonly Node Here =
        new()
        {
            Metadata = new ObjectMeta { Name = "n1", Labels = new Dictionary<string, string> { ["zone"] = "a", ["size"] = "5" } },
            Spec = new NodeSpec { Taints = [new Taint { Key = "k", Value = "v", Effect = "NoExecute" }] }
        };
    private const string Tolerant = "\"tolerations\":[{\"key\":\"k\",\"operator\":\"Exists\"}],";

    [Theory]
    [InlineData("", null)]
    [InlineData("\"nodeSelector\":{\"zone\":\"a\"},", null)]
    [InlineData("\"nodeSelector\":{\"zone\":\"b\"},", "NodeAffinity")]
    [InlineData(
        "\"affinity\":{\"nodeAffinity\":{\"requiredDuringSchedulingIgnoredDuringExecution\":{\"nodeSelectorTerms\":[{\"matchExpressions\":[{\"key\":\"size\",\"operator\":\"Gt\",\"values\":[\"4\"]}]}]}}},", null)]
    [InlineData(
        "\"affinity\":{\"nodeAffinity\":{\"requiredDuringSchedulingIgnoredDuringExecution\":{\"nodeSelectorTerms\":[{\"matchExpressions\":[{\"key\":\"size\",\"operator\":\"Lt\",\"values\":[\"4\"]}]}]}}},", "NodeAffinity")]
    [InlineData(
        "\"affinity\":{\"nodeAffinity\":{\"requiredDuringSchedulingIgnoredDuringExecution\":{\"nodeSelectorTerms\":[{\"matchFields\":[{\"key\":\"metadata.name\",\"operator\":\"In\",\"values\":[\"n1\"]}]}]}}},", null)]
    [InlineData("\"os\":{\"name\":\"windows\"},", "PodOSNotSupported")]
    [InlineData("\"hostUsers\":false,", "UnsupportedFeature")]
    [InlineData("\"resources\":{},", null)]
    [InlineData("\"resources\":{\"limits\":{\"memory\":\"64Mi\"}},", "UnsupportedFeature")]
    [InlineData("\"resources\":{\"requests\":{\"cpu\":\"100m\"}},", "UnsupportedFeature")]
    [InlineData("\"securityContext\":{\"sysctls\":[{\"name\":\"kernel.msgmax\",\"value\":\"1\"}]},", "SysctlForbidden")]
    [InlineData("\"securityContext\":{\"sysctls\":[{\"name\":\"net.ipv4.tcp_syncookies\",\"value\":\"1\"}]},", null)]
    public void What_does_not_belong_here_is_refused(string spec, string? reason) => Assert.Equal(reason, Refusal(Tolerant + spec)?.Reason);

    [Fact]
    public void Resources_of_the_pod_as_a_whole_are_refused_by_name() => Assert.Equal("Pod was rejected: spec.resources is not supported by this node",
        Refusal(Tolerant + "\"resources\":{\"limits\":{\"cpu\":\"1\"}},")?.Message);

    [Fact]
    public void A_taint_that_is_not_tolerated_refuses() =>
        Assert.Equal("Pod was rejected: Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate",
        Refusal("")?.Message);

    [Fact]
    public void Room_and_ports_are_counted()
    {
        var one = Pod(Tolerant, """{"name":"c","ports":[{"containerPort":80,"hostPort":8080}],"resources":{"requests":{"memory":"5Gi"}}}""");
        Assert.Equal("NodePorts", Refusal(Tolerant, """{"name":"c","ports":[{"containerPort":81,"hostPort":8080}]}""", one)?.Reason);
        Assert.Null(Refusal(Tolerant, """{"name":"c","ports":[{"containerPort":81,"hostPort":8080,"protocol":"UDP"}]}""", one));
        Assert.Equal("OutOfmemory", Refusal(Tolerant, """{"name":"c","resources":{"requests":{"memory":"4Gi"}}}""", one)?.Reason);
        Assert.Equal("OutOfpods", Refusal(Tolerant, """{"name":"c"}""", [.. Enumerable.Repeat(Pod(Tolerant), 110)])?.Reason);
    }

    [Fact]
    public void Init_containers_and_sidecars_count_by_their_largest_moment()
    {
        var pod = TestPods.Parse("""
            {"metadata":{"name":"p"},"spec":{"overhead":{"cpu":"5m"},
             "initContainers":[{"name":"a","resources":{"requests":{"cpu":"900m"}}},{"name":"s","restartPolicy":"Always","resources":{"requests":{"cpu":"100m"}}},{"name":"b","resources":{"requests":{"cpu":"300m"}}}],
             "containers":[{"name":"c","resources":{"requests":{"cpu":"200m"}}},{"name":"d","resources":{"requests":{"cpu":"1"}}}]}}
            """);
        Assert.Equal(1305, PodRequests.MilliCpu(pod));
    }

    private static PodFailure? Refusal(string spec, string container = """{"name":"c"}""", params Pod[] others) => new PodAdmission(FakeNode.Facts, () => Here).Refusal(Pod(spec, container), others);

    private static Pod Pod(string spec, string container = """{"name":"c"}""") => TestPods.Parse($$$$"""{"metadata":{"name":"p","namespace":"n","uid":"u"},"spec":{ {{{{spec}}}} "containers":[{{{{container}}}}] } }""");
}
