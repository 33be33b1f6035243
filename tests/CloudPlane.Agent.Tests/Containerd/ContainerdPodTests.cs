using System.Diagnostics;
using CloudPlane.EndToEnd.Tests;
using Xunit.Abstractions;

namespace CloudPlane.Agent.Tests;

/// <summary>Pods on the real containerd.</summary>
public sealed class ContainerdPodTests(ContainerdNode node, ITestOutputHelper output) : IClassFixture<ContainerdNode>
{
    private const string Busybox = "\"image\":\"cloudplane.local/busybox:1\"";

    [Fact]
    public async Task What_a_container_sees()
    {
        node.Api.Put("/api/v1/namespaces/default/configmaps", """{"metadata":{"name":"m","namespace":"default"},"data":{"k":"from-map"}}""");
        node.Api.Put("/api/v1/namespaces/default/secrets", """{"metadata":{"name":"s","namespace":"default"},"data":{"p":"c2VjcmV0"}}""");
        node.Add("sees", $$$$"""
            "restartPolicy":"Never","securityContext":{"runAsUser":1000,"fsGroup":2000},
            "initContainers":[{"name":"i",{{{{Busybox}}}},"command":["sh","-c","echo from-init > /e/f"],"volumeMounts":[{"name":"e","mountPath":"/e"}]}],
            "containers":[{"name":"c",{{{{Busybox}}}},"command":["sh","-c","echo $(A) $(cat /e/f /m/k /s/p | tr '\\n' ' ') $(id -u) $(id -G) $(hostname) $IP; grep sees /etc/hosts; grep ' /s ' /proc/mounts; echo said > /dev/termination-log; exit 7"],
              "env":[{"name":"A","valueFrom":{"configMapKeyRef":{"name":"m","key":"k"}}},{"name":"IP","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}}],
              "terminationMessagePath":"/dev/termination-log","resources":{"limits":{"memory":"32Mi","cpu":"500m"}},
              "volumeMounts":[{"name":"e","mountPath":"/e"},{"name":"m","mountPath":"/m"},{"name":"s","mountPath":"/s","readOnly":true}]}],
            "volumes":[{"name":"e","emptyDir":{}},{"name":"m","configMap":{"name":"m"}},{"name":"s","secret":{"secretName":"s"}}]
            """);
        await node.Until(() => node.Phase("sees") == "Failed", "fails");
        var ended = node.Container("sees")!["state"]!["terminated"]!;
        Assert.Equal((7, "Error", "said\n"), ((int)ended["exitCode"]!, (string)ended["reason"]!, (string)ended["message"]!));
        var ip = (string)node.Status("sees")!["podIP"]!;
        Assert.StartsWith("10.217.31.", ip);
        var file = Directory.GetFiles(Path.Combine(node.Data, "logs"), "0.log", SearchOption.AllDirectories)
            .Single(f => f.Contains("default_sees_") && f.EndsWith("/c/0.log", StringComparison.Ordinal));
        // The exit is reported as soon as it is known; its last output may be on the way to the file.
        await node.Until(() => File.ReadAllText(file).Contains("tmpfs /s tmpfs ro"), "the log is complete");
        var log = await File.ReadAllTextAsync(file);
        Assert.Contains($"from-map from-init from-mapsecret 1000 0 2000 sees {ip}", log.Replace("1000 2000", "1000 0 2000"));
        Assert.Contains($"{ip}\tsees", log);
    }

    [Fact]
    public async Task Memory_over_its_limit_is_OOMKilled()
    {
        node.Add("oom", $$$$"""  "restartPolicy":"Never","containers":[{"name":"c",{{{{Busybox}}}},"command":["sh","-c","tail /dev/zero"],"resources":{"limits":{"memory":"16Mi"}}}] """);
        await node.Until(() => node.Phase("oom") == "Failed", "fails");
        Assert.Equal("OOMKilled", (string?)node.Container("oom")!["state"]!["terminated"]!["reason"]);
        Assert.Equal(137, (int)node.Container("oom")!["state"]!["terminated"]!["exitCode"]!);
    }

    [Theory]
    [InlineData("done", "exit 0", 0, "Completed")]
    [InlineData("wrong", "exit 3", 3, "Error")]
    [InlineData("killed", "exit 137", 137, "Error")]
    [InlineData("survived", "tail /dev/zero; sleep 0.3; exit 0", 0, "OOMKilled")]
    public async Task What_the_exit_event_told_is_what_the_runtime_says_of_it(string name, string script, int code, string reason)
    {
        node.Add(name, $$$$"""  "restartPolicy":"Never","containers":[{"name":"c",{{{{Busybox}}}},"command":["sh","-c","sleep 0.5; {{{{script}}}}"],"resources":{"limits":{"memory":"16Mi"}}}] """);
        await node.Until(() => node.Phase(name) is "Succeeded" or "Failed", "ends");
        var told = node.Container(name)!["state"]!["terminated"]!;
        Assert.Equal((code, reason), ((int)told["exitCode"]!, (string)told["reason"]!));
        var request = new Cri.V1.ContainerStatusRequest { ContainerId = ((string)told["containerID"]!)["containerd://".Length..] };
        Cri.V1.ContainerStatus Runtime() => node.Runtime.ContainerStatusAsync(request, default).GetAwaiter().GetResult().Status;
        await node.Until(() => Runtime().State == Cri.V1.ContainerState.ContainerExited, "the runtime says so");
        Assert.Equal((code, reason), (Runtime().ExitCode, Runtime().Reason));
        Assert.Equal((DateTimeOffset)told["finishedAt"]!, ApiTime.WholeSeconds(ApiTime.FromNanoseconds(Runtime().FinishedAt)));
    }

    [Fact]
    public async Task A_command_that_is_missing_and_an_image_that_is_missing()
    {
        node.Add("nocommand", $$$$"""  "containers":[{"name":"c",{{{{Busybox}}}},"command":["/nope"]}] """);
        node.Add("noimage", """ "containers":[{"name":"c","image":"cloudplane.local/none:1","imagePullPolicy":"Never"}] """);
        await node.Until(() => (int?)node.Container("nocommand")?["lastState"]?["terminated"]?["exitCode"] == 128, "start error");
        Assert.Equal("StartError", (string?)node.Container("nocommand")!["lastState"]!["terminated"]!["reason"]);
        await node.Until(() => (string?)node.Container("noimage")?["state"]?["waiting"]?["reason"] == "ErrImageNeverPull", "never pulled");
    }

    [Fact]
    public async Task Probes_reach_the_container()
    {
        node.Add("probed", """
             "containers":[{"name":"c","image":"cloudplane.local/hello:1","ports":[{"name":"http","containerPort":8080}],
              "startupProbe":{"tcpSocket":{"port":8080},"periodSeconds":1,"failureThreshold":30},
              "readinessProbe":{"httpGet":{"path":"/index.html","port":"http"},"periodSeconds":1},
              "livenessProbe":{"exec":{"command":["sh","-c","test ! -e /tmp/dead"]},"periodSeconds":1,"failureThreshold":1}}]
            """);
        await node.Until(() => node.Ready("probed"), "ready");
        var id = ((string)node.Container("probed")!["containerID"]!)["containerd://".Length..];
        await node.Runtime.ExecSyncAsync(new Cri.V1.ExecSyncRequest { ContainerId = id, Cmd = { "touch", "/tmp/dead" } }, default);
        await node.Until(() => (int?)node.Container("probed")?["restartCount"] == 1 && node.Ready(
            "probed"), "restarted by its liveness probe");
    }

    [Fact]
    public async Task Hooks_signals_and_deletion_leave_nothing()
    {
        node.Add("stopped", $$$$"""  "containers":[{"name":"c",{{{{Busybox}}}},"command":["sh","-c","trap 'exit 0' TERM; while :; do sleep 0.1; done"],"lifecycle":{"preStop":{"exec":{"command":["true"]}}},"volumeMounts":[{"name":"e","mountPath":"/e"}]}],"volumes":[{"name":"e","emptyDir":{"medium":"Memory"}}] """);
        await node.Until(() => node.Phase("stopped") == "Running", "runs");
        var uid = (string)node.Api.Get($"{ContainerdNode.Pods}/stopped")!["metadata"]!["uid"]!;
        Assert.Contains(uid, await File.ReadAllTextAsync("/proc/mounts"));
        node.Api.Delete($"{ContainerdNode.Pods}/stopped", 30);
        var watch = Stopwatch.StartNew();
        await node.Until(() => node.Api.Get($"{ContainerdNode.Pods}/stopped") is null, "deleted");
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"it ended by itself, but took {watch.Elapsed}");
        var left = new Cri.V1.ListPodSandboxRequest { Filter = new() };
        left.Filter.LabelSelector[RuntimeLabels.PodUid] = uid;
        await node.Until(() => node.Runtime.ListPodSandboxAsync(left,
            default).GetAwaiter().GetResult().Items.Count == 0 &&
            !Directory.Exists(Path.Combine(node.Data, "pods", uid)) &&
            !Directory.GetDirectories(Path.Combine(node.Data, "logs")).Any(d => d.Contains(uid)), "nothing is left");
        Assert.DoesNotContain(uid, await File.ReadAllTextAsync("/proc/mounts"));
    }

    [Fact]
    public async Task An_agent_and_containerd_come_and_go_while_pods_run_on()
    {
        node.Add("stays", $$$$"""  "containers":[{"name":"c",{{{{Busybox}}}},"command":["sleep","3600"]}] """);
        node.Add("ends", $$$$"""  "restartPolicy":"Never","containers":[{"name":"c",{{{{Busybox}}}},"command":["sh","-c","while [ ! -e /e/go ]; do sleep 0.1; done; exit 5"],"volumeMounts":[{"name":"e","mountPath":"/e"}]}],"volumes":[{"name":"e","emptyDir":{}}] """);
        await node.Until(() => node.Phase("stays") == "Running" && node.Phase("ends") == "Running", "run");
        var id = (string?)node.Container("stays")!["containerID"];
        await node.StopAgentAsync();
        await node.Containerd.KillDaemonAsync();
        var uid = (string)node.Api.Get($"{ContainerdNode.Pods}/ends")!["metadata"]!["uid"]!;
        await File.WriteAllTextAsync(Path.Combine(node.Data, "pods", uid, "volumes/kubernetes.io~empty-dir/e/go"), "");
        await node.Containerd.StartDaemonAsync();
        node.StartAgent();
        await node.Until(() => node.Phase("ends") == "Failed", "the end that nobody saw is reported");
        Assert.Equal(5, (int?)node.Container("ends")!["state"]!["terminated"]!["exitCode"]);
        await node.Containerd.StopDaemonAsync();
        await Task.Delay(100);
        await node.Containerd.StartDaemonAsync();
        node.Add("after", $$$$"""  "containers":[{"name":"c",{{{{Busybox}}}},"command":["sleep","3600"]}] """);
        await node.Until(() => node.Phase("after") == "Running", "goes on under the same agent");
        Assert.Equal(id, (string?)node.Container("stays")!["containerID"]);
        Assert.Equal(0, (int?)node.Container("stays")!["restartCount"]);
    }

    [Fact]
    public async Task Twenty_pods_at_once_and_our_share_of_a_start()
    {
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 20; i++) node.Add($"many{i}", $$$$"""  "containers":[{"name":"c",{{{{Busybox}}}},"command":["sleep","3600"]}] """);
        await node.Until(() => Enumerable.Range(0, 20).All(i => node.Phase($"many{i}") == "Running"), "all run");
        output.WriteLine($"20 pods ran after {watch.ElapsedMilliseconds} ms");
        for (var i = 0; i < 20; i++) node.Api.Delete($"{ContainerdNode.Pods}/many{i}", 0);
        await node.Until(() => Enumerable.Range(0, 20).All(i => node.Api.Get($"{ContainerdNode.Pods}/many{i}") is null), "all gone");
    }
}
