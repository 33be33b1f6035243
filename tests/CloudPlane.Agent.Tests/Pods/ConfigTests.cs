using CloudPlane.Client;
using V1 = CloudPlane.Cri.V1;

namespace CloudPlane.Agent.Tests;

public sealed class ConfigTests
{
    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 2)]
    [InlineData(100, 102)]
    [InlineData(1000, 1024)]
    [InlineData(1_000_000, 262144)]
    public void Cpu_shares(long milli, long shares) => Assert.Equal(shares, LinuxResources.Shares(milli));

    [Fact]
    public void Limits_become_quota_and_memory()
    {
        var pod = TestPods.Parse("""{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","resources":{"limits":{"cpu":"250m","memory":"64Mi"},"requests":{"cpu":"100m","memory":"32Mi"}}}]}}""");
        var resources = LinuxResources.Of(pod, pod.Containers()[0], 1L << 30);
        Assert.Equal((100_000, 25_000, 102, 64L << 20),
            (resources.CpuPeriod, resources.CpuQuota, resources.CpuShares, resources.MemoryLimitInBytes));
        // Burstable: 1000 - 1000 * 32Mi / 1Gi.
        Assert.Equal(968, resources.OomScoreAdj);
    }

    [Theory]
    [InlineData("{}", "BestEffort", 1000)]
    [InlineData("""{"limits":{"cpu":"1","memory":"1Gi"}}""", "Guaranteed", -997)]
    [InlineData("""{"limits":{"cpu":"1"}}""", "Burstable", 999)]
    [InlineData("""{"requests":{"cpu":"1","memory":"1Gi"},"limits":{"cpu":"2","memory":"1Gi"}}""", "Burstable", 3)]
    public void Qos_decides_who_is_killed_first(string resources, string qos, long score)
    {
        var pod = TestPods.Parse($$$$"""{"metadata":{"name":"p"},"spec":{"containers":[{"name":"c","resources":{{{{resources}}}}}]}}""");
        Assert.Equal(qos, QosClass.Of(pod));
        Assert.Equal(score, LinuxResources.OomScoreAdjust(pod, pod.Containers()[0], 1L << 30));
    }

    [Fact]
    public void A_containers_security_context_wins_over_its_pods()
    {
        var pod = TestPods.Parse("""
            {"metadata":{"name":"p"},"spec":{"hostPID":true,"securityContext":{"runAsUser":1,"runAsGroup":2,"fsGroup":3,"supplementalGroups":[4],"seccompProfile":{"type":"RuntimeDefault"}},
             "containers":[{"name":"c","securityContext":{"runAsUser":10,"allowPrivilegeEscalation":false,"readOnlyRootFilesystem":true,"capabilities":{"add":["NET_ADMIN"],"drop":["ALL"]}}}]}}
            """);
        var security = SecurityContexts.ForContainer(pod, pod.Containers()[0], null);
        Assert.Equal((10, 2), (security.RunAsUser.Value, security.RunAsGroup.Value));
        Assert.Equal([4L, 3L], security.SupplementalGroups);
        Assert.True(security is { NoNewPrivs: true, ReadonlyRootfs: true, Privileged: false });
        Assert.Equal(V1.SecurityProfile.Types.ProfileType.RuntimeDefault, security.Seccomp.ProfileType);
        Assert.Equal(V1.NamespaceMode.Node, security.NamespaceOptions.Pid);
        Assert.Equal(["ALL"], security.Capabilities.DropCapabilities);
        Assert.Contains("/proc/kcore", security.MaskedPaths);
    }

    [Fact]
    public void Root_is_refused_where_it_must_not_be()
    {
        var pod = TestPods.Parse("""{"metadata":{"name":"p","namespace":"n","uid":"u"},"spec":{"securityContext":{"runAsNonRoot":true},"containers":[{"name":"c"}]}}""");
        var root = new V1.Image { Uid = new V1.Int64Value { Value = 0 } };
        Assert.Equal("container has runAsNonRoot and image will run as root (pod: \"p_n(u)\", container: c)",
            Assert.Throws<ContainerConfigException>(() => SecurityContexts.VerifyNonRoot(pod, pod.Containers()[0], root)).Message);
        SecurityContexts.VerifyNonRoot(pod, pod.Containers()[0], new V1.Image { Uid = new V1.Int64Value { Value = 7 } });
        Assert.Contains("non-numeric user (www)",
            Assert.Throws<ContainerConfigException>(() =>
            SecurityContexts.VerifyNonRoot(pod, pod.Containers()[0], new V1.Image { Username = "www" })).Message);
    }

    [Fact]
    public void Dns_follows_policy()
    {
        var host = ResolvConf.Parse("nameserver 1.1.1.1\nsearch example.org\noptions ndots:1 edns0\n# nameserver 9.9.9.9\n");
        Assert.Equal(["1.1.1.1"], host.Servers);
        var cluster = DnsConfigs.Of(TestPods.Parse("""{"metadata":{"name":"p","namespace":"n"},"spec":{"dnsConfig":{"options":[{"name":"ndots","value":"2"}],"searches":["x"]}}}"""), host, "10.96.0.10", "cluster.local");
        Assert.Equal(["10.96.0.10"], cluster.Servers);
        Assert.Equal(["n.svc.cluster.local", "svc.cluster.local", "cluster.local", "example.org", "x"], cluster.Searches);
        Assert.Equal(["ndots:2"], cluster.Options);
        // No cluster DNS: the host's.
        Assert.Equal(["1.1.1.1"], DnsConfigs.Of(TestPods.Parse("""{"metadata":{"name":"p"},"spec":{}}"""), host, null, "cluster.local").Servers);
        Assert.Equal(["8.8.8.8"], DnsConfigs.Of(TestPods.Parse("""{"metadata":{"name":"p"},"spec":{"dnsPolicy":"None","dnsConfig":{"nameservers":["8.8.8.8"]}}}"""), host, "10.96.0.10", "cluster.local").Servers);
    }

    [Fact]
    public void Hosts_file()
    {
        var pod = TestPods.Parse("""{"metadata":{"name":"p"},"spec":{"hostAliases":[{"ip":"1.2.3.4","hostnames":["a","b"]}]}}""");
        var text = HostsFile.Content(pod, ["10.0.0.2"], "p", "sub.n.svc.cluster.local", () => throw new InvalidOperationException());
        Assert.StartsWith("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n", text);
        Assert.Contains("\n10.0.0.2\tp.sub.n.svc.cluster.local\tp\n", text);
        Assert.EndsWith("# Entries added by HostAliases.\n1.2.3.4\ta\tb\n", text);
    }

    [Fact]
    public void A_long_name_is_cut_to_a_hostname() =>
        Assert.Equal(new string('a', 63), PodHostname.Of(TestPods.Parse($$$$"""{"metadata":{"name":"{{{{new string('a', 100)}}}}"},"spec":{}}"""), "n"));

    [Theory]
    [InlineData("busybox", "busybox:latest")]
    [InlineData("reg:5000/a/b", "reg:5000/a/b:latest")]
    [InlineData("a@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "a@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("cloudplane.local/pause:1", "cloudplane.local/pause:1")]
    [InlineData("Upper/Case", null)]
    [InlineData("", null)]
    [InlineData("a b", null)]
    public void Image_names(string name, string? normal) => Assert.Equal(normal, ImageName.Normalize(name));

    [Theory]
    [InlineData(0.35, "350ms")]
    [InlineData(1.25, "1.25s")]
    [InlineData(300, "5m0s")]
    [InlineData(3661, "1h1m1s")]
    [InlineData(10, "10s")]
    public void Durations_as_Go_prints_them(double seconds, string text) =>
        Assert.Equal(text, GoDuration.Format(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Crash_back_off_doubles_to_five_minutes_and_forgets_after_ten()
    {
        var backoff = CrashBackoff.ForContainers();
        var now = DateTimeOffset.UnixEpoch;
        foreach (var expected in new[] { 0, 10, 20, 40, 80, 160, 300, 300 })
        {
            Assert.Equal(expected, backoff.Waiting("k", now, now)?.Delay.TotalSeconds ?? 0);
            now += TimeSpan.FromSeconds(expected);
            backoff.Next("k", now - TimeSpan.FromSeconds(expected), now);
        }
        now += TimeSpan.FromMinutes(11);
        Assert.Null(backoff.Waiting("k", now, now));
    }
}
