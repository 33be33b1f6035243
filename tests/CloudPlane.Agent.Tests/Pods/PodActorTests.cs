using System.Text.Json.Nodes;
using CloudPlane.Cri;

namespace CloudPlane.Agent.Tests;

/// <summary>A pod's life as its actor drives it, over a simulated runtime and API and a clock that the test moves.</summary>
public sealed class PodActorTests
{
    private const string One = """ "containers":[{"name":"c","image":"busybox:1","imagePullPolicy":"IfNotPresent"}] """;

    [Fact]
    public async Task Starts_a_pod_and_reports_it_as_the_kubelet_does()
    {
        await using var node = new FakeNode();
        node.Add("p", One);
        await node.Until(() => node.Phase("p") == "Running", "pod runs");
        Assert.Equal("True", node.Condition("p", "Ready"));
        Assert.Equal("True", node.Condition("p", "PodReadyToStartContainers"));
        var status = node.ContainerStatus("p")!;
        Assert.Equal("containerd://container2", (string?)status["containerID"]);
        Assert.Equal(0, (int?)status["restartCount"]);
        Assert.True((bool?)status["ready"]);
        Assert.True((bool?)status["started"]);
        Assert.Equal("10.244.0.2", (string?)node.Status("p")!["podIP"]);
        Assert.Equal("192.0.2.10", (string?)node.Status("p")!["hostIP"]);
        Assert.Equal(["RunPodSandbox p", "CreateContainer c", "StartContainer c"], node.Runtime.Calls);
        await node.Until(() => node.HasEvent("Pulled",
            "Container image \"busybox:1\" already present on machine") && node.HasEvent("Created", "Created container: c") &&
            node.HasEvent("Started", "Started container c"), "events");
    }

    [Fact]
    public async Task An_exit_is_reported_and_the_container_restarts_at_once_and_then_with_doubling_back_off()
    {
        await using var node = new FakeNode();
        node.Add("p", One);
        await node.Until(() => node.Phase("p") == "Running", "pod runs");
        node.Runtime.Exit(node.Runtime.ContainerNamed("c"), 3);
        await node.Until(() => (int?)node.ContainerStatus("p")?["restartCount"] == 1 && node.ContainerStatus(
            "p")?["state"]?["running"] is not null, "restarted at once");
        Assert.Equal(3, (int?)node.ContainerStatus("p")!["lastState"]!["terminated"]!["exitCode"]);
        Assert.Equal("Error", (string?)node.ContainerStatus("p")!["lastState"]!["terminated"]!["reason"]);

        node.Runtime.Exit(node.Runtime.ContainerNamed("c"), 3);
        await node.Until(() => node.Waiting("p") == "CrashLoopBackOff", "backs off");
        Assert.Equal("back-off 10s restarting failed container=c pod=p_default(uid-p)",
            (string?)node.ContainerStatus("p")!["state"]!["waiting"]!["message"]);
        Assert.Equal("Running", node.Phase("p"));
        Assert.Equal("False", node.Condition("p", "Ready"));
        node.Time.Advance(TimeSpan.FromSeconds(9));
        await Task.Delay(30);
        Assert.Equal("CrashLoopBackOff", node.Waiting("p"));
        node.Time.Advance(TimeSpan.FromSeconds(2));
        await node.Until(() => (int?)node.ContainerStatus("p")?["restartCount"] == 2 && node.Waiting("p") is null, "restarts after 10 s");

        node.Runtime.Exit(node.Runtime.ContainerNamed("c"), 3);
        await node.Until(() => node.Waiting("p") == "CrashLoopBackOff", "backs off again");
        Assert.StartsWith("back-off 20s", (string?)node.ContainerStatus("p")!["state"]!["waiting"]!["message"]);
        await node.Until(() => node.HasEvent("BackOff", "Back-off restarting failed container c in pod p_default(uid-p)"), "event");
        // One dead instance is kept for --previous, older ones are removed.
        await node.Until(() => node.Runtime.Containers.Count == 2, "dead containers are collected");
    }

    [Fact]
    public async Task A_completed_pod_succeeds_and_keeps_its_container_for_logs()
    {
        await using var node = new FakeNode();
        node.Add("p", One.Replace("\"containers\"", "\"restartPolicy\":\"Never\",\"containers\""));
        await node.Until(() => node.Phase("p") == "Running", "pod runs");
        node.Runtime.Exit(node.Runtime.ContainerNamed("c"), 0);
        await node.Until(() => node.Phase("p") == "Succeeded", "succeeds");
        Assert.Equal("Completed", (string?)node.ContainerStatus("p")!["state"]!["terminated"]!["reason"]);
        await node.Until(() => node.Runtime.Calls.Contains("StopPodSandbox sandbox1"), "sandbox is stopped");
        Assert.Single(node.Runtime.Containers);
        node.Api.Delete($"{FakeNode.Pods}/p", 0);
        await node.Until(() => node.Runtime.Sandboxes.Count == 0, "all is removed with the pod");
    }

    [Fact]
    public async Task A_failed_pod_that_must_not_restart_fails()
    {
        await using var node = new FakeNode();
        node.Add("p", One.Replace("\"containers\"", "\"restartPolicy\":\"Never\",\"containers\""));
        await node.Until(() => node.Phase("p") == "Running", "pod runs");
        node.Runtime.Exit(node.Runtime.ContainerNamed("c"), 137, "OOMKilled");
        await node.Until(() => node.Phase("p") == "Failed", "fails");
        Assert.Equal("OOMKilled", (string?)node.ContainerStatus("p")!["state"]!["terminated"]!["reason"]);
    }

    [Fact]
    public async Task Deletion_stops_gracefully_and_removes_everything()
    {
        await using var node = new FakeNode();
        node.Add("p", One);
        await node.Until(() => node.Phase("p") == "Running", "pod runs");
        node.Api.Delete($"{FakeNode.Pods}/p", 17);
        await node.Until(() => node.Pod("p") is null, "the API forgets it");
        Assert.Contains("StopContainer c 17", node.Runtime.Calls);
        await node.Until(() => node.Runtime.Sandboxes.Count == 0 && node.Runtime.Containers.Count == 0, "nothing is left");
        await node.Until(() => !Directory.Exists(
            Path.Combine(node.Directory, "pods", "uid-p")) && !node.Manager.Actors.Any(), "no files, no actor");
        Assert.True(node.HasEvent("Killing", "Stopping container c"));
    }

    [Fact]
    public async Task A_container_that_ignores_the_signal_is_killed_after_its_grace()
    {
        await using var node = new FakeNode();
        node.Runtime.OnStop = _ => null;
        node.Add("p", One);
        await node.Until(() => node.Phase("p") == "Running", "pod runs");
        node.Api.Delete($"{FakeNode.Pods}/p", 5);
        await node.Until(() => node.Runtime.Calls.Contains("StopContainer c 5"), "signalled");
        await Task.Delay(20);
        Assert.NotNull(node.Pod("p"));
        await node.After(TimeSpan.FromSeconds(1), () => node.Pod("p") is null, "killed and gone");
    }

    [Fact]
    public async Task A_shorter_second_deletion_hurries()
    {
        await using var node = new FakeNode();
        node.Runtime.OnStop = _ => null;
        node.Add("p", One);
        await node.Until(() => node.Phase("p") == "Running", "pod runs");
        node.Api.Delete($"{FakeNode.Pods}/p", 600);
        await node.Until(() => node.Runtime.Calls.Contains("StopContainer c 600"), "signalled");
        node.Api.Delete($"{FakeNode.Pods}/p", 1);
        await node.After(TimeSpan.FromSeconds(1), () => node.Pod("p") is null, "gone long before 600 s", steps: 20);
    }

    [Fact]
    public async Task Init_containers_run_one_after_the_other_before_the_others()
    {
        await using var node = new FakeNode();
        node.Add("p", """ "initContainers":[{"name":"i1","image":"busybox:1","imagePullPolicy":"Never"},{"name":"i2","image":"busybox:1","imagePullPolicy":"Never"}], """ + One);
        await node.Until(() => node.Runtime.Calls.Contains("StartContainer i1"), "first starts");
        await node.Until(() => node.Condition("p", "PodReadyToStartContainers") == "True", "status");
        Assert.Equal("PodInitializing", node.Waiting("p"));
        Assert.Equal("Pending", node.Phase("p"));
        node.Runtime.Exit(node.Runtime.ContainerNamed("i1"), 0);
        await node.Until(() => node.Runtime.Calls.Contains("StartContainer i2"), "second starts");
        Assert.DoesNotContain("StartContainer c", node.Runtime.Calls);
        node.Runtime.Exit(node.Runtime.ContainerNamed("i2"), 0);
        await node.Until(() => node.Phase("p") == "Running", "pod runs");
        Assert.Equal("True", node.Condition("p", "Initialized"));
    }

    [Fact]
    public async Task A_sidecar_starts_before_the_containers_and_stops_after_them()
    {
        await using var node = new FakeNode();
        node.Add("p", """ "initContainers":[{"name":"s","image":"busybox:1","restartPolicy":"Always"}], """ + One.Replace("\"containers\"", "\"restartPolicy\":\"Never\",\"containers\""));
        node.Runtime.Images["busybox:1"] = true;
        await node.Until(() => node.Phase("p") == "Running", "pod runs");
        Assert.True(node.Runtime.Calls.ToList().IndexOf("StartContainer s") < node.Runtime.Calls.ToList().IndexOf("StartContainer c"));
        node.Runtime.Exit(node.Runtime.ContainerNamed("c"), 0);
        await node.Until(() => node.Phase("p") == "Succeeded", "succeeds although the sidecar ran");
        Assert.Contains(node.Runtime.Calls, c => c.StartsWith("StopContainer s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_agent_restart_adopts_and_restarts_nothing()
    {
        await using var node = new FakeNode();
        node.Add("p", One);
        await node.Until(() => node.Phase("p") == "Running", "pod runs");
        var calls = node.Runtime.Calls.Count;
        await node.RestartAsync();
        await node.Until(() => node.Manager.Actors.Any(), "adopted");
        await Task.Delay(50);
        Assert.Equal(calls, node.Runtime.Calls.Count);
        Assert.Equal("Running", node.Phase("p"));
        node.Runtime.Exit(node.Runtime.ContainerNamed("c"), 1);
        await node.Until(() => (int?)node.ContainerStatus("p")?["restartCount"] == 1, "is looked after again");
    }

    [Fact]
    public async Task An_exit_while_the_agent_was_down_is_seen_on_its_return()
    {
        await using var node = new FakeNode();
        node.Add("p", One);
        await node.Until(() => node.Phase("p") == "Running", "pod runs");
        await node.StopAsync();
        node.Runtime.Exit(node.Runtime.ContainerNamed("c"), 9, tell: false);
        await node.RestartAsync();
        await node.Until(() => (int?)node.ContainerStatus("p")?["restartCount"] == 1 && (int?)node.ContainerStatus(
            "p")?["lastState"]?["terminated"]?["exitCode"] == 9, "restarted");
    }

    [Fact]
    public async Task A_pod_that_was_deleted_while_the_agent_was_down_is_removed()
    {
        await using var node = new FakeNode();
        node.Add("p", One);
        await node.Until(() => node.Phase("p") == "Running", "pod runs");
        await node.StopAsync();
        node.Api.Delete($"{FakeNode.Pods}/p", 0);
        await node.RestartAsync();
        await node.Until(() => node.Runtime.Sandboxes.Count == 0, "orphan is gone");
        Assert.Contains("StopContainer c 30", node.Runtime.Calls);
    }

    [Fact]
    public async Task Losing_the_control_plane_stops_nothing_and_statuses_follow_when_it_returns()
    {
        await using var node = new FakeNode();
        node.Add("p", One);
        await node.Until(() => node.Phase("p") == "Running", "pod runs");
        node.Api.Cut();
        node.Runtime.Exit(node.Runtime.ContainerNamed("c"), 1);
        await node.Until(() => node.Runtime.Containers.Count == 2, "restarted all the same");
        Assert.Equal(0, (int?)node.ContainerStatus("p")!["restartCount"]);
        node.Api.Restore();
        await node.After(TimeSpan.FromSeconds(1), () => (int?)node.ContainerStatus("p")?["restartCount"] == 1, "status is sent");
        Assert.DoesNotContain(node.Runtime.Calls, c => c.StartsWith("StopContainer", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_missing_image_backs_off_and_recovers()
    {
        await using var node = new FakeNode();
        node.Runtime.Before = (method, _) =>
            method == "PullImage" ? throw new CriException(CriStatusCode.Unknown, "no such host") : Task.CompletedTask;
        node.Add("p", """ "containers":[{"name":"c","image":"nowhere/x:1"}] """);
        await node.Until(() => node.Waiting("p") == "ErrImagePull", "fails");
        Assert.Equal("Pending", node.Phase("p"));
        await node.After(TimeSpan.FromSeconds(1), () => node.Waiting("p") == "ImagePullBackOff", "backs off", steps: 6);
        Assert.Equal("Back-off pulling image \"nowhere/x:1\": ErrImagePull: rpc error: code = Unknown desc = no such host",
            (string?)node.ContainerStatus("p")!["state"]!["waiting"]!["message"]);
        await node.Until(() => node.HasEvent("Failed",
            "Failed to pull image \"nowhere/x:1\": rpc error: code = Unknown desc = no such host") &&
            node.HasEvent("BackOff", "Back-off pulling image") && node.HasEvent("Failed", "Error: ImagePullBackOff"), "events");
        node.Runtime.Before = null;
        await node.After(TimeSpan.FromSeconds(1), () => node.Phase("p") == "Running", "pulls again", steps: 30);
    }

    [Fact]
    public async Task An_image_that_must_not_be_pulled_is_refused()
    {
        await using var node = new FakeNode();
        node.Add("p", """ "containers":[{"name":"c","image":"absent:1","imagePullPolicy":"Never"}] """);
        await node.Until(() => node.Waiting("p") == "ErrImageNeverPull", "refused");
        Assert.Equal("Container image \"absent:1\" is not present with pull policy of Never",
            (string?)node.ContainerStatus("p")!["state"]!["waiting"]!["message"]);
    }

    [Fact]
    public async Task A_container_that_cannot_start_says_so_and_is_retried()
    {
        await using var node = new FakeNode();
        node.Runtime.Before = (method, _) =>
            method == "StartContainer" ? throw new CriException(CriStatusCode.Unknown, "exec: \"nope\": not found") : Task.CompletedTask;
        node.Add("p", One);
        await node.Until(() => (int?)node.ContainerStatus("p")?["lastState"]?["terminated"]?["exitCode"] == 128, "start error");
        Assert.Contains(node.Waiting("p"), new[] { "RunContainerError", "CrashLoopBackOff" });
        node.Runtime.Before = null;
        await node.After(TimeSpan.FromSeconds(1), () =>
            node.Phase("p") == "Running" && node.Waiting("p") is null, "starts in the end", steps: 60);
    }

    [Fact]
    public async Task A_missing_config_map_holds_the_container_until_it_comes()
    {
        await using var node = new FakeNode();
        node.Add("p", """ "containers":[{"name":"c","image":"busybox:1","env":[{"name":"A","valueFrom":{"configMapKeyRef":{"name":"m","key":"k"}}}]}] """);
        await node.Until(() => node.Waiting("p") == "CreateContainerConfigError", "waits");
        Assert.Equal("configmap \"m\" not found", (string?)node.ContainerStatus("p")!["state"]!["waiting"]!["message"]);
        node.Api.Put("/api/v1/namespaces/default/configmaps", """{"metadata":{"name":"m"},"data":{"k":"v"}}""");
        await node.After(TimeSpan.FromSeconds(1), () => node.Phase("p") == "Running", "starts", steps: 30);
    }

    [Fact]
    public async Task A_missing_volume_source_holds_the_pod_until_it_comes()
    {
        await using var node = new FakeNode();
        node.Add("p", """ "volumes":[{"name":"v","configMap":{"name":"m"}}],"containers":[{"name":"c","image":"busybox:1","volumeMounts":[{"name":"v","mountPath":"/v"}]}] """);
        await node.Until(() => node.HasEvent("FailedMount",
            "MountVolume.SetUp failed for volume \"v\" : configmap \"m\" not found"), "event");
        Assert.Equal("ContainerCreating", (await Eventually(() => node.Waiting("p")))!);
        node.Api.Put("/api/v1/namespaces/default/configmaps", """{"metadata":{"name":"m"},"data":{"k":"v"}}""");
        await node.After(TimeSpan.FromSeconds(1), () => node.Phase("p") == "Running", "starts", steps: 60);
        var mount = node.Runtime.Containers[0].Mounts.Single(m => m.ContainerPath == "/v");
        Assert.Equal("v", await File.ReadAllTextAsync(Path.Combine(mount.HostPath, "k")));

        async Task<string?> Eventually(Func<string?> read)
        {
            await node.After(TimeSpan.FromMilliseconds(100), () => read() is not null, "status is there");
            return read();
        }
    }

    [Fact]
    public async Task Volumes_follow_what_they_show_at_once_when_told_and_with_the_pods_own_labels()
    {
        await using var node = new FakeNode();
        node.Api.Put("/api/v1/namespaces/default/configmaps", """{"metadata":{"name":"m"},"data":{"k":"one"}}""");
        node.Add("p", """
             "volumes":[{"name":"v","configMap":{"name":"m"}},{"name":"d","downwardAPI":{"items":[{"path":"l","fieldRef":{"fieldPath":"metadata.labels"}}]}}],
             "containers":[{"name":"c","image":"busybox:1","volumeMounts":[{"name":"v","mountPath":"/v"},{"name":"d","mountPath":"/d"}]}]
            """);
        await node.Until(() => node.Phase("p") == "Running", "runs");
        string Shown(string mount, string file) => File.ReadAllText(Path.Combine(node.Runtime.Containers[0].Mounts.Single(m => m.ContainerPath == mount).HostPath, file));
        Assert.Equal("one", Shown("/v", "k"));

        node.Api.Change("/api/v1/namespaces/default/configmaps/m", map => map["data"]!["k"] = "two");
        node.Manager.RefreshVolumes();
        await node.Until(() => Shown("/v", "k") == "two", "the config map is shown");

        node.Api.Change("/api/v1/namespaces/default/pods/p", pod => pod["metadata"]!["labels"] = new JsonObject { ["app"] = "web" });
        await node.Until(() => Shown("/d", "l") == "app=\"web\"", "the labels are shown");
    }

    [Fact]
    public async Task Labels_that_change_while_volumes_are_made_are_shown()
    {
        await using var node = new FakeNode();
        using var making = new SemaphoreSlim(0);
        using var goOn = new SemaphoreSlim(0);
        node.Mounter.Before = () =>
        {
            making.Release();
            goOn.Wait();
        };
        node.Api.Put("/api/v1/namespaces/default/secrets", """{"metadata":{"name":"s"},"data":{"k":"b25l"}}""");
        node.Add("p", """
             "volumes":[{"name":"v","secret":{"secretName":"s"}},{"name":"d","downwardAPI":{"items":[{"path":"l","fieldRef":{"fieldPath":"metadata.labels"}}]}}],
             "containers":[{"name":"c","image":"busybox:1","volumeMounts":[{"name":"d","mountPath":"/d"}]}]
            """);
        Assert.True(await making.WaitAsync(TimeSpan.FromSeconds(30)));
        node.Api.Change("/api/v1/namespaces/default/pods/p", pod => pod["metadata"]!["labels"] = new JsonObject { ["app"] = "web" });
        await node.Until(() => node.Manager.Actors.Single().Pod.Metadata.Labels!["app"] == "web", "the actor knows");
        node.Mounter.Before = null;
        goOn.Release();
        await node.Until(() => node.Phase("p") == "Running", "runs");
        var shown = Path.Combine(node.Runtime.Containers[0].Mounts.Single(m => m.ContainerPath == "/d").HostPath, "l");
        await node.Until(() => File.ReadAllText(shown) == "app=\"web\"", "the labels are shown");
    }

    [Fact]
    public async Task A_refresh_that_failed_is_tried_again_ever_less_often_until_it_succeeds_though_nothing_refreshes_by_the_clock()
    {
        const string Maps = "/api/v1/namespaces/default/configmaps";
        await using var node = new FakeNode(volumeRefreshPeriod: Timeout.InfiniteTimeSpan);
        node.Api.Put(Maps, """{"metadata":{"name":"m"},"data":{"k":"one"}}""");
        node.Add("p", """ "volumes":[{"name":"v","configMap":{"name":"m"}}],"containers":[{"name":"c","image":"busybox:1","volumeMounts":[{"name":"v","mountPath":"/v"}]}] """);
        await node.Until(() => node.Phase("p") == "Running", "runs");
        int Reads() => node.Api.CountCalls($"GET {Maps}/m");
        Assert.Equal(1, Reads());

        node.Api.Delete($"{Maps}/m", 0);
        node.Manager.RefreshVolumes();
        await node.Until(() => node.HasEvent("FailedMount", "configmap \"m\" not found"), "fails");
        Assert.InRange(await UntilRead(3), 29, 200);
        node.Api.Put(Maps, """{"metadata":{"name":"m"},"data":{"k":"two"}}""");
        Assert.InRange(await UntilRead(4), 59, 200);
        var shown = Path.Combine(node.Runtime.Containers[0].Mounts.Single(m => m.ContainerPath == "/v").HostPath, "k");
        await node.Until(() => File.ReadAllText(shown) == "two", "shows what came late");
        for (var minute = 0; minute < 30; minute++)
        {
            node.Time.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(5);
        }
        Assert.Equal(4, Reads());

        async Task<double> UntilRead(int count)
        {
            var start = node.Time.Now;
            await node.After(TimeSpan.FromSeconds(1), () => Reads() == count, $"read {count} times");
            return (node.Time.Now - start).TotalSeconds;
        }
    }

    [Fact]
    public async Task An_unsupported_volume_is_refused_by_name()
    {
        await using var node = new FakeNode();
        node.Add("p", """ "volumes":[{"name":"v","nfs":{"server":"s","path":"/"}}],"containers":[{"name":"c","image":"busybox:1"}] """);
        await node.Until(() => node.HasEvent("FailedMount", "volumes of type nfs are not supported by this node"), "event");
        Assert.DoesNotContain("CreateContainer c", node.Runtime.Calls);
    }

    [Fact]
    public async Task A_dead_sandbox_is_replaced()
    {
        await using var node = new FakeNode();
        node.Add("p", One);
        await node.Until(() => node.Phase("p") == "Running", "pod runs");
        node.Runtime.KillSandbox("sandbox1");
        await node.Until(() => node.Runtime.Sandboxes.Count(s =>
            s.State == Cri.V1.PodSandboxState.SandboxReady) == 1 &&
            node.Runtime.Calls.Count(c => c == "StartContainer c") == 2, "replaced");
        await node.Until(() => (int?)node.ContainerStatus("p")?["restartCount"] == 1 && node.Condition("p", "Ready") == "True", "status");
        Assert.Equal(1u, node.Runtime.Sandboxes.Max(s => s.Metadata.Attempt));
    }

    [Fact]
    public async Task A_failing_sandbox_is_tried_again()
    {
        await using var node = new FakeNode();
        var failures = 2;
        node.Runtime.Before = (method, _) =>
            method == "RunPodSandbox" && failures-- > 0 ? throw new CriException(CriStatusCode.Unknown, "no network") : Task.CompletedTask;
        node.Add("p", One);
        await node.Until(() => node.HasEvent("FailedCreatePodSandBox", "no network"), "event");
        await node.After(TimeSpan.FromSeconds(1), () => node.Phase("p") == "Running", "runs", steps: 20);
    }

    [Fact]
    public async Task The_active_deadline_fails_the_pod()
    {
        await using var node = new FakeNode();
        node.Add("p", One.Replace("\"containers\"", "\"activeDeadlineSeconds\":20,\"containers\""));
        await node.Until(() => node.Phase("p") == "Running", "pod runs");
        await node.After(TimeSpan.FromSeconds(2), () =>
            node.Phase("p") == "Failed" && node.ContainerStatus("p")?["state"]?["terminated"] is not null, "fails", steps: 20);
        Assert.Equal("DeadlineExceeded", (string?)node.Status("p")!["reason"]);
        Assert.NotNull(node.Pod("p"));
    }

    [Fact]
    public async Task A_pod_that_does_not_fit_is_refused()
    {
        await using var node = new FakeNode();
        node.Add("big", """ "containers":[{"name":"c","image":"busybox:1","resources":{"requests":{"cpu":"3"}}}] """);
        await node.Until(() => node.Phase("big") == "Running", "first fits");
        node.Add("more", """ "containers":[{"name":"c","image":"busybox:1","resources":{"requests":{"cpu":"2"}}}] """);
        await node.Until(() => node.Phase("more") == "Failed", "second does not");
        Assert.Equal("OutOfcpu", (string?)node.Status("more")!["reason"]);
        Assert.Equal("Pod was rejected: Node didn't have enough resource: cpu, requested: 2000, used: 3000, capacity: 4000",
            (string?)node.Status("more")!["message"]);
        Assert.DoesNotContain("RunPodSandbox more", node.Runtime.Calls);
        Assert.Null(node.Status("more")!["containerStatuses"]);
    }

    [Fact]
    public async Task Readiness_follows_its_probe_at_once()
    {
        await using var node = new FakeNode();
        var ready = false;
        node.Probes["r"] = () => ready ? ProbeOutcome.Ok() : ProbeOutcome.Failed("HTTP probe failed with statuscode: 500");
        node.Add("p", """ "containers":[{"name":"c","image":"busybox:1","readinessProbe":{"exec":{"command":["r"]},"periodSeconds":5,"failureThreshold":1}}] """);
        await node.Until(() => node.Phase("p") == "Running" && node.HasEvent("Unhealthy",
            "Readiness probe failed: HTTP probe failed with statuscode: 500"), "probed");
        Assert.Equal("False", node.Condition("p", "Ready"));
        ready = true;
        await node.After(TimeSpan.FromSeconds(1), () => node.Condition("p", "Ready") == "True", "ready", steps: 10);
        ready = false;
        await node.After(TimeSpan.FromSeconds(1), () => node.Condition("p", "Ready") == "False", "unready", steps: 10);
    }

    [Fact]
    public async Task Readiness_goes_on_being_probed_while_the_pod_stops_until_its_container_has_ended_but_liveness_does_not()
    {
        await using var node = new FakeNode();
        node.Runtime.OnStop = _ => null;
        var (ready, asked, alive) = (true, 0, 0);
        node.Probes["r"] = () =>
        {
            Interlocked.Increment(ref asked);
            return ready ? ProbeOutcome.Ok() : ProbeOutcome.Failed("draining");
        };
        node.Probes["l"] = () =>
        {
            Interlocked.Increment(ref alive);
            return ProbeOutcome.Ok();
        };
        node.Add("p", """
             "containers":[{"name":"c","image":"busybox:1","readinessProbe":{"exec":{"command":["r"]},"periodSeconds":1,"failureThreshold":1},"livenessProbe":{"exec":{"command":["l"]},"periodSeconds":1}},
              {"name":"d","image":"busybox:1"}]
            """);
        await node.Until(() => node.Condition("p", "Ready") == "True" && Volatile.Read(ref alive) > 0, "ready and probed");
        node.Api.Delete($"{FakeNode.Pods}/p", 600);
        await node.Until(() => node.Runtime.Calls.Contains("StopContainer c 600") && node.Runtime.Calls.Contains("StopContainer d 600"), "signalled");
        Assert.True((bool?)node.ContainerStatus("p")!["ready"]);
        var before = Volatile.Read(ref alive);
        ready = false;
        await node.After(TimeSpan.FromSeconds(1), () => (bool?)node.ContainerStatus("p")!["ready"] == false && node.Condition("p", "Ready") == "False", "unready", steps: 10);
        await node.Until(() => node.HasEvent("Unhealthy", "Readiness probe failed: draining"), "event");
        ready = true;
        await node.After(TimeSpan.FromSeconds(1), () => (bool?)node.ContainerStatus("p")!["ready"] == true && node.Condition("p", "Ready") == "True", "ready again", steps: 10);
        Assert.Equal(before, Volatile.Read(ref alive));

        node.Runtime.Exit(node.Runtime.ContainerNamed("c"), 0);
        await node.Until(() => node.ContainerStatus("p")?["state"]?["terminated"] is not null, "c has ended, d has not");
        var last = Volatile.Read(ref asked);
        for (var second = 0; second < 5; second++)
        {
            node.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(10);
        }
        Assert.Equal(last, Volatile.Read(ref asked));
        Assert.NotNull(node.Pod("p"));
        node.Runtime.Exit(node.Runtime.ContainerNamed("d"), 0);
        await node.Until(() => node.Pod("p") is null, "gone");
    }

    [Fact]
    public async Task An_agent_that_returns_while_a_pod_stops_goes_on_with_its_readiness()
    {
        await using var node = new FakeNode();
        node.Runtime.OnStop = _ => null;
        var ready = true;
        node.Probes["r"] = () => ready ? ProbeOutcome.Ok() : ProbeOutcome.Failed("draining");
        node.Add("p", """ "containers":[{"name":"c","image":"busybox:1","readinessProbe":{"exec":{"command":["r"]},"periodSeconds":1,"failureThreshold":1}}] """);
        await node.Until(() => node.Condition("p", "Ready") == "True", "ready");
        await node.StopAsync();
        node.Api.Delete($"{FakeNode.Pods}/p", 600);
        await node.RestartAsync();
        await node.Until(() => node.Runtime.Calls.Contains("StopContainer c 600"), "signalled");
        await Task.Delay(30);
        Assert.True((bool?)node.ContainerStatus("p")!["ready"]);
        ready = false;
        await node.After(TimeSpan.FromSeconds(1), () => (bool?)node.ContainerStatus("p")!["ready"] == false, "unready", steps: 10);
    }

    [Fact]
    public async Task A_failed_liveness_probe_restarts_the_container()
    {
        await using var node = new FakeNode();
        var alive = true;
        node.Probes["l"] = () => alive ? ProbeOutcome.Ok() : ProbeOutcome.Failed("dead");
        node.Add("p", """ "containers":[{"name":"c","image":"busybox:1","livenessProbe":{"exec":{"command":["l"]},"periodSeconds":1,"failureThreshold":2,"terminationGracePeriodSeconds":7}}] """);
        await node.Until(() => node.Phase("p") == "Running", "pod runs");
        alive = false;
        await node.After(TimeSpan.FromSeconds(1), () => node.Runtime.Calls.Contains("StopContainer c 7"), "killed", steps: 10);
        alive = true;
        await node.Until(() => (int?)node.ContainerStatus("p")?["restartCount"] == 1 && node.Condition("p",
            "Ready") == "True", "restarted");
        await node.Until(() => node.HasEvent("Killing", "Container c failed liveness probe, will be restarted"), "event");
    }

    [Fact]
    public async Task A_startup_probe_holds_the_others_back()
    {
        await using var node = new FakeNode();
        var started = false;
        node.Probes["s"] = () => started ? ProbeOutcome.Ok() : ProbeOutcome.Failed("not yet");
        node.Probes["l"] = () => throw new InvalidOperationException("must not be probed yet");
        node.Add("p", """ "containers":[{"name":"c","image":"busybox:1","startupProbe":{"exec":{"command":["s"]},"periodSeconds":1,"failureThreshold":50},"livenessProbe":{"exec":{"command":["l"]},"periodSeconds":1}}] """);
        await node.Until(() => node.Phase("p") == "Running", "runs");
        Assert.False((bool?)node.ContainerStatus("p")!["started"]);
        node.Time.Advance(TimeSpan.FromSeconds(5));
        node.Probes["l"] = () => ProbeOutcome.Ok();
        started = true;
        await node.After(TimeSpan.FromSeconds(1), () =>
            (bool?)node.ContainerStatus("p")!["started"] == true && node.Condition("p", "Ready") == "True", "started", steps: 10);
    }

    [Fact]
    public async Task Hooks_run()
    {
        await using var node = new FakeNode();
        node.Add("p", """ "containers":[{"name":"c","image":"busybox:1","lifecycle":{"postStart":{"exec":{"command":["up"]}},"preStop":{"exec":{"command":["down"]}}}}] """);
        await node.Until(() => node.Runtime.Calls.Contains("ExecSync c up") && node.Phase("p") == "Running", "postStart");
        node.Api.Delete($"{FakeNode.Pods}/p", 30);
        await node.Until(() => node.Pod("p") is null, "gone");
        var calls = node.Runtime.Calls.ToList();
        Assert.True(calls.IndexOf("ExecSync c down") < calls.FindIndex(c => c.StartsWith("StopContainer c", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_changed_image_replaces_the_container()
    {
        await using var node = new FakeNode();
        node.Runtime.Images["busybox:2"] = true;
        node.Add("p", One);
        await node.Until(() => node.Phase("p") == "Running", "pod runs");
        node.Api.Change($"{FakeNode.Pods}/p", p => p["spec"]!["containers"]![0]!["image"] = "busybox:2");
        await node.Until(() => (int?)node.ContainerStatus("p")?["restartCount"] == 1 && node.Condition("p", "Ready") == "True", "replaced");
        await node.Until(() => node.HasEvent("Killing", "Container c definition changed, will be restarted"), "event");
    }

    [Fact]
    public async Task A_lost_event_is_made_up_for_by_the_list()
    {
        await using var node = new FakeNode();
        node.Add("p", One);
        await node.Until(() => node.Phase("p") == "Running", "pod runs");
        node.Runtime.Exit(node.Runtime.ContainerNamed("c"), 1, tell: false);
        await Task.Delay(30);
        Assert.Equal(0, (int?)node.ContainerStatus("p")!["restartCount"]);
        await node.After(TimeSpan.FromSeconds(10), () => (int?)node.ContainerStatus("p")?["restartCount"] == 1, "seen", steps: 10);
    }

    [Fact]
    public async Task A_status_that_somebody_else_wrote_is_put_right()
    {
        await using var node = new FakeNode();
        node.Add("p", One);
        await node.Until(() => node.Condition("p", "Ready") == "True", "pod runs");
        // As the node lifecycle controller does when it takes the node for dead.
        node.Api.Change($"{FakeNode.Pods}/p", p =>
            p["status"]!["conditions"]!.AsArray().First(c => (string?)c!["type"] == "Ready")!["status"] = "False");
        await node.Until(() => node.Condition("p", "Ready") == "True", "put right");
    }

    [Fact]
    public async Task An_absent_pull_secret_is_named()
    {
        await using var node = new FakeNode();
        node.Add("p", """ "imagePullSecrets":[{"name":"gone"}],"containers":[{"name":"c","image":"reg.example/x:1","imagePullPolicy":"IfNotPresent"}] """);
        await node.Until(() => node.HasEvent("FailedToRetrieveImagePullSecret", "Unable to retrieve some image pull secrets (gone); attempting to pull the image may not succeed."), "event");
    }

    [Fact]
    public async Task What_a_failed_hook_ran_or_said_is_in_no_event()
    {
        await using var node = new FakeNode();
        node.Runtime.OnExec = (_, _) => new Cri.V1.ExecSyncResponse { ExitCode = 4, Stderr = Google.Protobuf.ByteString.CopyFromUtf8("hunter2") };
        node.Add("p", One.Replace("\"image\"", "\"lifecycle\":{\"postStart\":{\"exec\":{\"command\":[\"login\",\"hunter2\"]}}},\"image\""));
        await node.Until(() => node.HasEvent("FailedPostStartHook", "PostStartHook failed"), "event");
        Assert.False(node.HasEvent("FailedPostStartHook", "hunter2"));
        await node.Until(() => node.HasEvent("Killing", "FailedPostStartHook"), "is killed for it");
    }

    [Fact]
    public async Task Twenty_pods_start_and_stop()
    {
        await using var node = new FakeNode();
        for (var i = 0; i < 20; i++) node.Add($"p{i}", One);
        await node.Until(() => Enumerable.Range(0, 20).All(i => node.Phase($"p{i}") == "Running"), "all run");
        for (var i = 0; i < 20; i++) node.Api.Delete($"{FakeNode.Pods}/p{i}", 3);
        await node.Until(() => node.Api.List(FakeNode.Pods).Count == 0 && node.Runtime.Sandboxes.Count == 0, "all gone");
    }

    [Fact]
    public async Task A_runtime_that_fails_is_not_asked_in_a_hot_loop()
    {
        await using var node = new FakeNode();
        var alive = true;
        node.Probes["l"] = () => alive ? ProbeOutcome.Ok() : ProbeOutcome.Failed("dead");
        node.Add("p", """ "containers":[{"name":"c","image":"busybox:1","livenessProbe":{"exec":{"command":["l"]},"periodSeconds":1,"failureThreshold":1}}] """);
        await node.Until(() => node.Phase("p") == "Running", "pod runs");
        node.Runtime.Before = (_, _) => throw new CriException(CriStatusCode.Unavailable, "down");
        alive = false;
        await node.After(TimeSpan.FromSeconds(1), () =>
            node.Runtime.Calls.Any(c => c.StartsWith("StopContainer", StringComparison.Ordinal)), "tries to stop", steps: 5);
        await Task.Delay(100);
        node.Api.Delete($"{FakeNode.Pods}/p", 3);
        await Task.Delay(100);
        Assert.InRange(node.Runtime.Calls.Count(c => c.StartsWith("StopContainer", StringComparison.Ordinal)), 1, 3);
        node.Runtime.Before = null;
        await node.After(TimeSpan.FromSeconds(1), () => node.Pod("p") is null, "stops when the runtime is back", steps: 20);
    }

    [Fact]
    public async Task Replaced_sandboxes_are_removed_with_their_last_container()
    {
        await using var node = new FakeNode();
        node.Add("p", One);
        await node.Until(() => node.Phase("p") == "Running", "pod runs");
        for (var i = 0; i < 3; i++)
        {
            node.Runtime.KillSandbox(node.Runtime.Sandboxes.Single(s => s.State == Cri.V1.PodSandboxState.SandboxReady).Id);
            var restarts = i + 1;
            await node.After(TimeSpan.FromSeconds(5), () =>
                (int?)node.ContainerStatus("p")?["restartCount"] == restarts && node.Condition("p", "Ready") == "True", "replaced");
        }
        await node.Until(() => node.Runtime.Sandboxes.Count == 2 && node.Runtime.Containers.Count == 2, "the newest and the one before");
    }
}
