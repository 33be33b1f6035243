using System.Text;
using CloudPlane.Client;
using FsCheck;
using FsCheck.Fluent;

namespace CloudPlane.Agent.Tests;

public sealed class EnvironmentTests
{
    [Theory]
    [InlineData("$(A) $(B)", "1 $(B)")]
    [InlineData("$$(A)", "$(A)")]
    [InlineData("$$$(A)", "$1")]
    [InlineData("$(A", "$(A")]
    [InlineData("$", "$")]
    [InlineData("x$y", "x$y")]
    [InlineData("$()", "$()")]
    public void Variables_expand_as_in_Kubernetes(string input, string output) =>
        Assert.Equal(output, VariableExpansion.Expand(input, new Dictionary<string, string> { ["A"] = "1" }));

    [Fact]
    public void Text_without_dollar_never_changes() => Prop.ForAll(ArbMap.Default.ArbFor<string>(), text =>
    {
        var plain = (text ?? "").Replace("$", "", StringComparison.Ordinal);
        Assert.Equal(plain, VariableExpansion.Expand(plain, _ => "no"));
        // Doubling every dollar sign is the way to write any text.
        Assert.Equal(text ?? "", VariableExpansion.Expand((text ?? "").Replace("$", "$$", StringComparison.Ordinal), _ => "no"));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task Sources_in_their_order()
    {
        var objects = new Objects
        {
            Maps = { ["m"] = """{"metadata":{"name":"m"},"data":{"FROM":"map","OVER":"map"}}""" },
            Secrets = { ["s"] = """{"metadata":{"name":"s"},"data":{"key":"c2VjcmV0"}}""" },
        };
        var pod = TestPods.Parse("""
            {"metadata":{"name":"p","namespace":"n","uid":"u","labels":{"a":"b"}},"spec":{"nodeName":"x","serviceAccountName":"sa","containers":[{"name":"c",
             "resources":{"limits":{"memory":"64Mi"},"requests":{"cpu":"150m"}},
             "envFrom":[{"prefix":"P_","configMapRef":{"name":"m"}},{"configMapRef":{"name":"m"}},{"secretRef":{"name":"none","optional":true}}],
             "env":[{"name":"OVER","value":"own"},{"name":"REF","value":"$(OVER)-$(P_FROM)-$(WEB_SERVICE_HOST)-$(NONE)"},
              {"name":"SECRET","valueFrom":{"secretKeyRef":{"name":"s","key":"key"}}},{"name":"GONE","valueFrom":{"secretKeyRef":{"name":"s","key":"no","optional":true}}},
              {"name":"IP","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}},{"name":"LABEL","valueFrom":{"fieldRef":{"fieldPath":"metadata.labels['a']"}}},
              {"name":"MEM","valueFrom":{"resourceFieldRef":{"resource":"limits.memory","divisor":"1Mi"}}},{"name":"CPU","valueFrom":{"resourceFieldRef":{"resource":"requests.cpu","divisor":"1m"}}},
              {"name":"CPUS","valueFrom":{"resourceFieldRef":{"resource":"limits.cpu"}}}]}]}}
            """);
        Service[] services = [Service("n", "web", "10.96.0.7"), Service("other", "db", "10.96.0.8"),
            Service("default", "kubernetes", "10.96.0.1"), Service("n", "headless", "None")];
        var built = (await new EnvironmentBuilder(objects, () => services).BuildAsync(pod.Containers()[0], Fields(pod), default))
            .ToDictionary(e => e.Key, e => e.Value);
        Assert.Equal("map", built["P_FROM"]);
        Assert.Equal("own", built["OVER"]);
        Assert.Equal("own-map-10.96.0.7-$(NONE)", built["REF"]);
        Assert.Equal("secret", built["SECRET"]);
        Assert.False(built.ContainsKey("GONE"));
        Assert.Equal(("10.0.0.2", "b", "64", "150", "4"), (built["IP"], built["LABEL"], built["MEM"], built["CPU"], built["CPUS"]));
        Assert.Equal("10.96.0.1", built["KUBERNETES_SERVICE_HOST"]);
        Assert.Equal("443", built["KUBERNETES_SERVICE_PORT_HTTPS"]);
        Assert.Equal("tcp://10.96.0.7:443", built["WEB_PORT_443_TCP"]);
        Assert.False(built.ContainsKey("DB_SERVICE_HOST"));
        Assert.False(built.ContainsKey("HEADLESS_SERVICE_HOST"));
    }

    [Theory]
    [InlineData("""{"configMapKeyRef":{"name":"no","key":"k"}}""", "configmap \"no\" not found")]
    [InlineData("""{"configMapKeyRef":{"name":"m","key":"k"}}""", "couldn't find key k in ConfigMap n/m")]
    [InlineData("""{"secretKeyRef":{"name":"no","key":"k"}}""", "secret \"no\" not found")]
    [InlineData("""{"fieldRef":{"fieldPath":"spec.containers"}}""", "unsupported fieldPath: spec.containers")]
    [InlineData("""{"fileKeyRef":{"key":"k","path":"p","volumeName":"v"}}""", "valueFrom.fileKeyRef is not supported by this node")]
    public async Task What_is_missing_is_said(string valueFrom, string message)
    {
        var pod = TestPods.Parse($$$$"""{"metadata":{"name":"p","namespace":"n"},"spec":{"containers":[{"name":"c","env":[{"name":"A","valueFrom":{{{{valueFrom}}}}}]}]}}""");
        var builder = new EnvironmentBuilder(new Objects { Maps = { ["m"] = """{"metadata":{"name":"m"}}""" } }, () => []);
        Assert.Equal(message, (await Assert.ThrowsAsync<ContainerConfigException>(() =>
            builder.BuildAsync(pod.Containers()[0], Fields(pod), default))).Message);
    }

    internal static DownwardFields Fields(Pod pod) =>
        new(pod, "node", "192.0.2.1", ["10.0.0.2"], new NodeAllocatable(4000, 8L << 30, 100L << 30, 110));

    private static Service Service(string ns, string name, string ip) => ModelJson.Parse<Service>(Encoding.UTF8.GetBytes(
        $$$$"""{"metadata":{"name":"{{{{name}}}}","namespace":"{{{{ns}}}}"},"spec":{"clusterIP":"{{{{ip}}}}","ports":[{"name":"https","port":443}]}}"""));

    internal sealed class Objects : IObjectSource
    {
        public void Forget()
        {
        }

        public Dictionary<string, string> Maps { get; } = [];
        public Dictionary<string, string> Secrets { get; } = [];

        public Task<ConfigMap?> ConfigMapAsync(string ns, string name, CancellationToken cancellationToken) =>
            Task.FromResult(Maps.TryGetValue(name, out var json) ? ModelJson.Parse<ConfigMap>(Encoding.UTF8.GetBytes(json)) : null);

        public Task<Secret?> SecretAsync(string ns, string name, CancellationToken cancellationToken) =>
            Task.FromResult(Secrets.TryGetValue(name, out var json) ? ModelJson.Parse<Secret>(Encoding.UTF8.GetBytes(json)) : null);
    }
}
