namespace CloudPlane.EndToEnd.Tests;

/// <summary>Pods as the kubelet runs them, on real containerd and runc.</summary>
public abstract class PodTests(LocalCluster cluster)
{
    [Fact]
    public async Task Init_containers_run_in_order_and_share_volumes()
    {
        await using var space = await cluster.NamespaceAsync();
        await space.ApplyAsync(Pod("p", """
              restartPolicy: Never
              volumes: [{name: shared, emptyDir: {}}]
              initContainers:
              - {name: one, image: "cloudplane.local/hello:1", command: [sh, -c, "echo first >> /shared/log"], volumeMounts: [{name: shared, mountPath: /shared}]}
              - {name: two, image: "cloudplane.local/hello:1", command: [sh, -c, "echo second >> /shared/log"], volumeMounts: [{name: shared, mountPath: /shared}]}
              containers:
              - {name: main, image: "cloudplane.local/hello:1", command: [cat, /shared/log], volumeMounts: [{name: shared, mountPath: /shared}]}
              - {name: side, image: "cloudplane.local/hello:1", command: [sh, -c, "exit 0"]}
            """));
        await space.UntilAsync("pod p", "{.status.phase}", "Succeeded");
        Assert.Equal("first\nsecond\n", await space.KubectlAsync("logs p -c main"));
        Assert.Equal("Completed Completed", await space.ValueAsync("pod p", "{.status.initContainerStatuses[*].state.terminated.reason}"));
    }

    [Fact]
    public async Task Environment_comes_from_fields_config_maps_and_secrets()
    {
        await using var space = await cluster.NamespaceAsync();
        await space.KubectlAsync("create configmap settings --from-literal=color=blue");
        await space.KubectlAsync("create secret generic password --from-literal=word=hunter2");
        await space.ApplyAsync(Pod("p", """
              restartPolicy: Never
              volumes:
              - {name: c, configMap: {name: settings}}
              - {name: s, secret: {secretName: password, defaultMode: 0400}}
              containers:
              - name: main
                image: cloudplane.local/hello:1
                command: [sh, -c]
                args: ["echo $(GREETING) $COLOR $WORD $NAME $IP; cat /c/color /s/word; stat -Lc %a /s/word; test -n \"$KUBERNETES_SERVICE_HOST\" && echo service"]
                env:
                - {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
                - {name: GREETING, value: "hello $(NAME)"}
                - {name: IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
                - {name: COLOR, valueFrom: {configMapKeyRef: {name: settings, key: color}}}
                - {name: WORD, valueFrom: {secretKeyRef: {name: password, key: word}}}
                volumeMounts: [{name: c, mountPath: /c}, {name: s, mountPath: /s}]
            """));
        await space.UntilAsync("pod p", "{.status.phase}", "Succeeded");
        var ip = await space.ValueAsync("pod p", "{.status.podIP}");
        Assert.Equal($"hello p blue hunter2 p {ip}\nbluehunter2400\nservice\n", await space.KubectlAsync("logs p"));
    }

    [Fact]
    public async Task A_failing_container_restarts_with_back_off()
    {
        await using var space = await cluster.NamespaceAsync();
        await space.ApplyAsync(Pod("p", """
              containers:
              - {name: main, image: "cloudplane.local/hello:1", command: [sh, -c, "echo run; exit 3"]}
            """));
        await space.UntilAsync("pod p", "{.status.containerStatuses[0].state.waiting.reason}", "CrashLoopBackOff");
        await space.UntilAsync("pod p", "{.status.containerStatuses[0].restartCount}", v => int.Parse(v) >= 2, "two restarts");
        Assert.Equal("3 Error", await space.ValueAsync("pod p", "{.status.containerStatuses[0].lastState.terminated.exitCode} {.status.containerStatuses[0].lastState.terminated.reason}"));
        Assert.Contains("run", await space.KubectlAsync("logs p --previous"), StringComparison.Ordinal);
        await space.EventsTellAsync("BackOff");
        var row = (await space.KubectlAsync("get pod p --no-headers")).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains(row[2], new[] { "CrashLoopBackOff", "Error" });
    }

    [Fact]
    public async Task A_missing_image_waits_with_back_off()
    {
        await using var space = await cluster.NamespaceAsync();
        await space.ApplyAsync(Pod("p", """
              containers:
              - {name: main, image: "cloudplane.local/absent:1"}
            """));
        await space.UntilAsync("pod p", "{.status.containerStatuses[0].state.waiting.reason}", v => v is "ErrImagePull" or "ImagePullBackOff", "it can't pull");
        await space.UntilAsync("pod p", "{.status.containerStatuses[0].state.waiting.reason}", "ImagePullBackOff");
        await space.EventsTellAsync("Pulling", "Failed", "BackOff");
        Assert.Equal("Pending", await space.ValueAsync("pod p", "{.status.phase}"));
    }

    [Fact]
    public async Task A_missing_command_is_an_error_of_the_container()
    {
        await using var space = await cluster.NamespaceAsync();
        await space.ApplyAsync(Pod("p", """
              containers:
              - {name: main, image: "cloudplane.local/hello:1", command: [/no/such/program]}
            """));
        await space.UntilAsync("pod p", "{.status.containerStatuses[0].state.waiting.reason}{.status.containerStatuses[0].lastState.terminated.reason}",
            v => v.Contains("RunContainerError", StringComparison.Ordinal) || v.Contains("CreateContainerError", StringComparison.Ordinal) || v.Contains("StartError", StringComparison.Ordinal), "the container can't start");
        await space.EventsTellAsync("/no/such/program");
    }

    [Fact]
    public async Task Too_much_memory_is_OOMKilled()
    {
        await using var space = await cluster.NamespaceAsync();
        await space.ApplyAsync(Pod("p", """
              restartPolicy: Never
              containers:
              - {name: main, image: "cloudplane.local/hello:1", command: [sh, -c, "tail /dev/zero"], resources: {limits: {memory: 32Mi}}}
            """));
        await space.UntilAsync("pod p", "{.status.phase}", "Failed");
        Assert.Equal("OOMKilled 137", await space.ValueAsync("pod p", "{.status.containerStatuses[0].state.terminated.reason} {.status.containerStatuses[0].state.terminated.exitCode}"));
    }

    [Fact]
    public async Task A_pod_that_does_not_fit_says_why_and_runs_when_something_frees()
    {
        await using var space = await cluster.NamespaceAsync();
        var cpu = await space.ValueAsync("node node-1", "{.status.allocatable.cpu}");
        await space.ApplyAsync(Pod("hog", $$"""
              terminationGracePeriodSeconds: 0
              containers: [{name: main, image: "cloudplane.local/hello:1", resources: {requests: {cpu: "{{(int.Parse(cpu) * 1000) - 600}}m"} } }]
            """));
        await space.UntilAsync("pod hog", "{.status.phase}", "Running");
        await space.ApplyAsync(Pod("late", """
              terminationGracePeriodSeconds: 0
              containers: [{name: main, image: "cloudplane.local/hello:1", resources: {requests: {cpu: "1"}}}]
            """));
        await space.UntilAsync("pod late", "{.status.conditions[?(@.type=='PodScheduled')].reason}", "Unschedulable");
        Assert.Contains("0/1 nodes are available: 1 Insufficient cpu", await space.ValueAsync("pod late", "{.status.conditions[?(@.type=='PodScheduled')].message}"), StringComparison.Ordinal);
        await space.EventsTellAsync("FailedScheduling");
        await space.KubectlAsync("delete pod hog");
        await space.UntilAsync("pod late", "{.status.phase}", "Running");
    }

    [Fact]
    public async Task Probes_decide_readiness_and_restarts()
    {
        await using var space = await cluster.NamespaceAsync();
        await space.ApplyAsync(Pod("p", """
              terminationGracePeriodSeconds: 0
              containers:
              - name: main
                image: cloudplane.local/hello:1
                command: [sh, -c, "touch /tmp/alive; sleep 3; touch /tmp/ready; sleep 3; rm /tmp/alive; sleep 1000"]
                startupProbe: {exec: {command: [test, -e, /tmp/alive]}, periodSeconds: 1}
                readinessProbe: {exec: {command: [test, -e, /tmp/ready]}, periodSeconds: 1}
                livenessProbe: {exec: {command: [test, -e, /tmp/alive]}, periodSeconds: 1, failureThreshold: 2}
              - name: web
                image: cloudplane.local/hello:1
                ports: [{name: http, containerPort: 8080}]
                readinessProbe: {httpGet: {path: /, port: http}, periodSeconds: 1}
                livenessProbe: {tcpSocket: {port: 8080}, periodSeconds: 1}
            """));
        await space.UntilAsync("pod p", "{.status.phase}", "Running");
        await space.UntilAsync("pod p", "{.status.conditions[?(@.type=='Ready')].status}", "True");
        await space.UntilAsync("pod p", "{.status.containerStatuses[?(@.name=='main')].restartCount}", "1");
        Assert.Equal("0", await space.ValueAsync("pod p", "{.status.containerStatuses[?(@.name=='web')].restartCount}"));
        await space.EventsTellAsync("Liveness probe failed", "failed liveness probe, will be restarted");
    }

    [Fact]
    public async Task Deletion_is_graceful()
    {
        await using var space = await cluster.NamespaceAsync();
        await space.ApplyAsync(Pod("polite", """
              terminationGracePeriodSeconds: 30
              containers:
              - {name: main, image: "cloudplane.local/hello:1", command: [sh, -c, "trap 'echo bye; exit 0' TERM; while true; do sleep 0.1; done"]}
            """));
        await space.ApplyAsync(Pod("deaf", """
              terminationGracePeriodSeconds: 2
              containers:
              - {name: main, image: "cloudplane.local/hello:1", command: [sh, -c, "trap '' TERM; while true; do sleep 0.1; done"]}
            """));
        await space.KubectlAsync("wait pods --all --for=condition=Ready --timeout=120s");
        var clock = System.Diagnostics.Stopwatch.StartNew();
        await space.KubectlAsync("delete pod polite");
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 25);
        clock.Restart();
        await space.KubectlAsync("delete pod deaf");
        Assert.InRange(clock.Elapsed.TotalSeconds, 1.5, 30);
    }

    [Fact]
    public async Task Logs_in_every_way()
    {
        await using var space = await cluster.NamespaceAsync();
        await space.ApplyAsync(Pod("p", """
              terminationGracePeriodSeconds: 0
              containers:
              - {name: main, image: "cloudplane.local/hello:1", command: [sh, -c, "for i in 1 2 3 4 5; do echo line $i; done; sleep 0.3; echo oops >&2; sleep 2; echo late; sleep 1000"]}
              - {name: other, image: "cloudplane.local/hello:1", command: [sh, -c, "echo other; sleep 1000"]}
            """));
        await space.KubectlAsync("wait pod p --for=condition=Ready --timeout=120s");
        var follow = space.Cluster.KubectlAsync(null, ["-n", space.Name, "logs", "p", "-c", "main", "-f"], timeout: TimeSpan.FromSeconds(60));
        await Eventually.SatisfiesAsync(() => space.KubectlAsync("logs p -c main"), v => v.EndsWith("late\n", StringComparison.Ordinal), "the whole log");
        Assert.Equal("line 1\nline 2\nline 3\nline 4\nline 5\noops\nlate\n", await space.KubectlAsync("logs p -c main"));
        Assert.Equal("oops\nlate\n", await space.KubectlAsync("logs p -c main --tail=2"));
        Assert.Equal("other\n", await space.KubectlAsync("logs p -c other"));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\S+ line 1", await space.KubectlAsync("logs p -c main --timestamps"));
        Assert.Equal("", await space.KubectlAsync("logs p -c main --since-time=2100-01-01T00:00:00Z"));
        Assert.Contains("other", await space.KubectlAsync("logs p --all-containers"), StringComparison.Ordinal);
        Assert.NotEqual(0, (await space.TryKubectlAsync("logs p -c absent")).ExitCode);
        await space.KubectlAsync("delete pod p");
        Assert.Contains("late", (await follow).Output, StringComparison.Ordinal);
    }

    internal static string Pod(string name, string spec) => $"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, labels: {{app: {name}}}}}\nspec:\n{spec}\n";
}

[Collection(nameof(OneNodeCluster))]
public sealed class StandalonePodTests(OneNodeCluster cluster) : PodTests(cluster);

[Collection(nameof(OneNodeCloudCluster))]
public sealed class CloudPodTests(OneNodeCloudCluster cluster) : PodTests(cluster);
