namespace CloudPlane.EndToEnd.Tests;

/// <summary>What people type all day, with the oldest and the newest kubectl.</summary>
public abstract class KubectlTests(LocalCluster cluster)
{
    private const string Application = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings}
        data: {color: blue}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: password}
        data: {password: aHVudGVyMg==}
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, labels: {app: web}}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
              - name: web
                image: cloudplane.local/hello:1
                ports: [{name: http, containerPort: 8080}]
                envFrom: [{configMapRef: {name: settings}}]
                env:
                - name: PASSWORD
                  valueFrom: {secretKeyRef: {name: password, key: password}}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec:
          selector: {app: web}
          ports: [{port: 80, targetPort: http}]
        """;

    [Theory, MemberData(nameof(Kubectl.Versions), MemberType = typeof(Kubectl))]
    public async Task Apply_creates_and_then_says_unchanged(string? version)
    {
        await using var space = await cluster.NamespaceAsync();
        var created = await space.KubectlAsync("apply -f -", Application, version);
        Assert.Equal(4, Lines(created).Count(line => line.EndsWith(" created", StringComparison.Ordinal)));
        var again = await space.KubectlAsync("apply -f -", Application, version);
        Assert.Equal(4, Lines(again).Count(line => line.EndsWith(" unchanged", StringComparison.Ordinal)));
        var changed = await space.KubectlAsync("apply -f -", Application.Replace("color: blue", "color: red"), version);
        Assert.Equal(["configmap/settings configured"], Lines(changed).Where(line => !line.EndsWith(" unchanged", StringComparison.Ordinal)));
        await space.KubectlAsync("rollout status deployment/web --timeout=120s", version: version);
        Assert.Equal("2", await space.ValueAsync("deployment web", "{.status.readyReplicas}"));
    }

    [Theory, MemberData(nameof(Kubectl.Versions), MemberType = typeof(Kubectl))]
    public async Task Get_in_every_output_form(string? version)
    {
        await using var space = await cluster.NamespaceAsync();
        await space.KubectlAsync("apply -f -", Application, version);
        await space.KubectlAsync("rollout status deployment/web --timeout=120s", version: version);

        var table = Lines(await space.KubectlAsync("get pods", version: version));
        Assert.Equal(["NAME", "READY", "STATUS", "RESTARTS", "AGE"], Words(table[0]));
        Assert.All(table.Skip(1), line => Assert.Equal(["1/1", "Running", "0"], Words(line)[1..4]));
        var wide = Lines(await space.KubectlAsync("get pods -o wide", version: version));
        Assert.Equal(["NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE", "NOMINATED", "NODE", "READINESS", "GATES"], Words(wide[0]));
        Assert.Contains("node-1", wide[1], StringComparison.Ordinal);
        var deployment = Lines(await space.KubectlAsync("get deployment web -o wide", version: version));
        Assert.Equal(["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE", "CONTAINERS", "IMAGES", "SELECTOR"], Words(deployment[0]));
        Assert.Equal(["web", "2/2", "2", "2"], Words(deployment[1])[..4]);

        Assert.Contains("kind: Deployment", await space.KubectlAsync("get deployment web -o yaml", version: version), StringComparison.Ordinal);
        Assert.Contains("\"kind\": \"Deployment\"", await space.KubectlAsync("get deployment web -o json", version: version), StringComparison.Ordinal);
        Assert.Equal("2", await space.KubectlAsync("get deployment web -o jsonpath={.spec.replicas}", version: version).ContinueWith(t => t.Result.Trim()));
        Assert.Equal(["N", "R"], Words(Lines(await space.KubectlAsync("get deployment web -o custom-columns=N:.metadata.name,R:.spec.replicas", version: version))[0]));
        Assert.Contains(space.Name, await space.KubectlAsync("get pods -A", version: version), StringComparison.Ordinal);
        Assert.Equal(2, Lines(await space.KubectlAsync("get pods -l app=web -o name", version: version)).Length);
        Assert.Empty(Lines(await space.KubectlAsync("get pods -l app!=web -o name", version: version)));
        Assert.Equal("deployment.apps/web", Lines(await space.KubectlAsync("get all -o name", version: version)).Single(l => l.StartsWith("deployment", StringComparison.Ordinal)));
    }

    [Theory, MemberData(nameof(Kubectl.Versions), MemberType = typeof(Kubectl))]
    public async Task Describe_tells_the_story(string? version)
    {
        await using var space = await cluster.NamespaceAsync();
        await space.KubectlAsync("apply -f -", Application, version);
        await space.KubectlAsync("rollout status deployment/web --timeout=120s", version: version);

        // A node tells of what it did after it has done it.
        string[] told = ["Status:           Running", "Successfully assigned", "Created container", "Started container web", "<set to the key 'password' in secret 'password'>"];
        await Eventually.SatisfiesAsync(
            () => space.KubectlAsync("describe pods -l app=web", version: version),
            text => Array.TrueForAll(told, expected => text.Contains(expected, StringComparison.Ordinal)), "describe tells all of it");
        await Eventually.SatisfiesAsync(
            () => space.KubectlAsync("describe deployment web", version: version),
            text => text.Contains("ScalingReplicaSet", StringComparison.Ordinal), "describe tells how the deployment was scaled");
        Assert.Contains("Endpoints:", await space.KubectlAsync("describe service web", version: version), StringComparison.Ordinal);
        Assert.Contains("color:", await space.KubectlAsync("describe configmap settings", version: version), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", await space.KubectlAsync("describe secret password", version: version), StringComparison.Ordinal);
        Assert.Contains("KubeletReady", await space.KubectlAsync("describe node node-1", version: version), StringComparison.Ordinal);
        Assert.Contains("Active", await space.KubectlAsync($"describe namespace {space.Name}", version: version), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Kubectl.Versions), MemberType = typeof(Kubectl))]
    public async Task Create_edit_patch_label_annotate_delete(string? version)
    {
        await using var space = await cluster.NamespaceAsync();
        await space.KubectlAsync("create configmap c --from-literal=a=1", version: version);
        Assert.Contains("already exists", (await space.TryKubectlAsync("create configmap c --from-literal=a=1", version: version)).Error, StringComparison.Ordinal);
        await space.KubectlAsync("create secret generic s --from-literal=p=x", version: version);
        await space.KubectlAsync("create deployment d --image=cloudplane.local/hello:1", version: version);
        await space.KubectlAsync("create serviceaccount robot", version: version);
        await space.KubectlAsync("expose deployment d --port=80 --target-port=8080", version: version);

        await space.KubectlAsync("patch configmap c --type=merge -p {\"data\":{\"b\":\"2\"}}", version: version);
        await space.KubectlAsync("patch configmap c --type=json -p [{\"op\":\"replace\",\"path\":\"/data/a\",\"value\":\"3\"}]", version: version);
        await space.KubectlAsync("patch deployment d -p {\"spec\":{\"template\":{\"metadata\":{\"annotations\":{\"x\":\"y\"}}}}}", version: version);
        Assert.Equal("3 2", await space.ValueAsync("configmap c", "{.data.a} {.data.b}"));
        Assert.Equal("y", await space.ValueAsync("deployment d", "{.spec.template.metadata.annotations.x}"));

        await space.KubectlAsync("label configmap c tier=gold", version: version);
        await space.KubectlAsync("annotate configmap c note=hello", version: version);
        Assert.Equal("gold hello", await space.ValueAsync("configmap c", "{.metadata.labels.tier} {.metadata.annotations.note}"));
        await space.KubectlAsync("label configmap c tier-", version: version);
        Assert.Equal("", await space.ValueAsync("configmap c", "{.metadata.labels.tier}"));

        await space.EditAsync(version, "configmap c", "s/a: \"3\"/a: \"4\"/");
        Assert.Equal("4", await space.ValueAsync("configmap c", "{.data.a}"));
        var replaced = (await space.KubectlAsync("get configmap c -o yaml", version: version)).Replace("a: \"4\"", "a: \"5\"");
        await space.KubectlAsync("replace -f -", replaced, version);
        Assert.Equal("5", await space.ValueAsync("configmap c", "{.data.a}"));

        await space.KubectlAsync("delete configmap c", version: version);
        Assert.Contains("NotFound", (await space.TryKubectlAsync("get configmap c", version: version)).Error, StringComparison.Ordinal);
        await space.KubectlAsync("delete deployment,service d --wait=true --timeout=120s", version: version);
        await space.UntilAsync("pods", "{.items[*].metadata.name}", "");
    }

    [Theory, MemberData(nameof(Kubectl.Versions), MemberType = typeof(Kubectl))]
    public async Task Rollouts(string? version)
    {
        await using var space = await cluster.NamespaceAsync();
        await space.KubectlAsync("apply -f -", Application, version);
        await space.KubectlAsync("rollout status deployment/web --timeout=120s", version: version);
        await space.KubectlAsync("scale deployment web --replicas=3", version: version);
        await space.KubectlAsync("rollout status deployment/web --timeout=120s", version: version);
        Assert.Equal("3", await space.ValueAsync("deployment web", "{.status.availableReplicas}"));

        await space.KubectlAsync("set image deployment/web web=cloudplane.local/hello:2", version: version);
        await space.UntilAsync("pods", "{.items[*].status.containerStatuses[*].state.waiting.reason}", v => v.Contains("Image", StringComparison.Ordinal) || v.Contains("ErrImagePull", StringComparison.Ordinal), "a pod can't pull");
        await space.KubectlAsync("rollout undo deployment/web", version: version);
        await space.KubectlAsync("rollout status deployment/web --timeout=120s", version: version);
        Assert.Equal("cloudplane.local/hello:1", await space.ValueAsync("deployment web", "{.spec.template.spec.containers[0].image}"));
        var history = Lines(await space.KubectlAsync("rollout history deployment/web", version: version));
        Assert.Equal(["2", "3"], history.Where(l => l.Length > 0 && char.IsDigit(l[0])).Select(l => Words(l)[0]));

        await space.KubectlAsync("rollout pause deployment/web", version: version);
        await space.KubectlAsync("set env deployment/web COLOR=green", version: version);
        Assert.Equal("2", await space.KubectlAsync("get replicasets -o name", version: version).ContinueWith(t => Lines(t.Result).Length.ToString()));
        await space.KubectlAsync("rollout resume deployment/web", version: version);
        await space.KubectlAsync("rollout status deployment/web --timeout=120s", version: version);
        await space.KubectlAsync("rollout restart deployment/web", version: version);
        await space.KubectlAsync("rollout status deployment/web --timeout=120s", version: version);
        Assert.NotEqual("", await space.ValueAsync("deployment web", "{.spec.template.metadata.annotations.kubectl\\.kubernetes\\.io/restartedAt}"));
    }

    [Theory, MemberData(nameof(Kubectl.Versions), MemberType = typeof(Kubectl))]
    public async Task Explain_api_resources_cluster_info(string? version)
    {
        var explain = (await cluster.KubectlAsync(version, ["explain", "deployment.spec.template.spec.containers"])).Require();
        Assert.Contains("livenessProbe", explain, StringComparison.Ordinal);
        var resources = (await cluster.KubectlAsync(version, ["api-resources"])).Require();
        foreach (var expected in new[] { "deployments", "po ", "endpointslices", "leases" })
            Assert.Contains(expected, resources, StringComparison.Ordinal);
        Assert.Contains("apps/v1", (await cluster.KubectlAsync(version, ["api-versions"])).Require(), StringComparison.Ordinal);
        Assert.Contains("is running at", (await cluster.KubectlAsync(version, ["cluster-info"])).Require(), StringComparison.Ordinal);
        Assert.Contains("v1.34", (await cluster.KubectlAsync(version, ["version"])).Require(), StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Kubectl.Versions), MemberType = typeof(Kubectl))]
    public async Task Wait_and_watch(string? version)
    {
        await using var space = await cluster.NamespaceAsync();
        await space.KubectlAsync("apply -f -", Application, version);
        await space.KubectlAsync("wait deployment/web --for=condition=Available --timeout=120s", version: version);
        await space.KubectlAsync("wait pods -l app=web --for=condition=Ready --timeout=120s", version: version);
        var watch = cluster.KubectlAsync(version, ["-n", space.Name, "get", "pods", "-w", $"--request-timeout={(cluster.IsCloud ? 15 : 6)}s", "-o", "name"]);
        await space.KubectlAsync("scale deployment web --replicas=3", version: version);
        Assert.Equal(3, Lines((await watch).Output).Distinct().Count());
        var wait = space.KubectlAsync("wait deployment/web --for=delete --timeout=120s", version: version);
        await space.KubectlAsync("delete deployment web", version: version);
        await wait;
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}

[Collection(nameof(OneNodeCluster))]
public sealed class StandaloneKubectlTests(OneNodeCluster cluster) : KubectlTests(cluster);

[Collection(nameof(OneNodeCloudCluster))]
public sealed class CloudKubectlTests(OneNodeCloudCluster cluster) : KubectlTests(cluster);
