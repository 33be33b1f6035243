using System.Text.Json.Nodes;

namespace CloudPlane.Schema.Tests;

public sealed class PodRuleTests
{
    [Theory]
    [InlineData("{}", "spec.containers: Required value")]
    [InlineData("{containers: [{}]}", "spec.containers[0].name: Required value\nspec.containers[0].image: Required value")]
    [InlineData("{containers: [{name: a, image: x}, {name: a, image: x}]}", "spec.containers[1].name: Duplicate value: \"a\"")]
    [InlineData("{containers: [{name: a, image: ' x'}]}", "spec.containers[0].image: Invalid value: \" x\": must not have leading or trailing whitespace")]
    [InlineData("{restartPolicy: Sometimes, containers: [{name: a, image: x}]}", "spec.restartPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"Never\", \"OnFailure\"")]
    [InlineData("{dnsPolicy: X, containers: [{name: a, image: x, imagePullPolicy: Y}]}", "spec.containers[0].imagePullPolicy: Unsupported value: \"Y\": supported values: \"Always\", \"IfNotPresent\", \"Never\"\nspec.dnsPolicy: Unsupported value: \"X\": supported values: \"ClusterFirst\", \"ClusterFirstWithHostNet\", \"Default\", \"None\"")]
    [InlineData("{activeDeadlineSeconds: 0, containers: [{name: a, image: x}]}", "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive")]
    [InlineData("{nodeSelector: {a: 'b c'}, containers: [{name: a, image: x}]}", "spec.nodeSelector: Invalid value: \"b c\": a valid label")]
    [InlineData("{containers: [{name: a, image: x, ports: [{containerPort: 70000}]}]}", "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive")]
    [InlineData("{containers: [{name: a, image: x, ports: [{name: http}]}]}", "spec.containers[0].ports[0].containerPort: Required value")]
    [InlineData("{containers: [{name: a, image: x, ports: [{containerPort: 80, name: HTTP}]}]}", "spec.containers[0].ports[0].name: Invalid value: \"HTTP\": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)\nspec.containers[0].ports[0].name: Invalid value: \"HTTP\": must contain at least one letter (a-z)")]
    [InlineData("{containers: [{name: a, image: x, ports: [{containerPort: 80, protocol: HTTP}]}]}", "spec.containers[0].ports[0].protocol: Unsupported value: \"HTTP\": supported values: \"SCTP\", \"TCP\", \"UDP\"")]
    [InlineData("{containers: [{name: a, image: x, ports: [{containerPort: 80, hostPort: 80}, {containerPort: 81, hostPort: 80}]}]}", "spec.containers[0].ports[1].hostPort: Duplicate value: \"TCP//80\"")]
    [InlineData("{hostNetwork: true, containers: [{name: a, image: x, ports: [{containerPort: 80, hostPort: 81}]}]}", "spec.containers[0].ports[0].containerPort: Invalid value: 80: must match `hostPort` when `hostNetwork` is true")]
    [InlineData("{containers: [{name: a, image: x, env: [{value: b}]}]}", "spec.containers[0].env[0].name: Required value")]
    [InlineData("{containers: [{name: a, image: x, env: [{name: a=b}]}]}", "spec.containers[0].env[0].name: Invalid value: \"a=b\": a valid environment variable name must consist only of printable ASCII characters other than '='")]
    [InlineData("{containers: [{name: a, image: x, env: [{name: a, valueFrom: {}}]}]}", "spec.containers[0].env[0].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`")]
    [InlineData("{containers: [{name: a, image: x, env: [{name: a, value: b, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}]}", "spec.containers[0].env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty")]
    [InlineData("{containers: [{name: a, image: x, env: [{name: a, valueFrom: {fieldRef: {fieldPath: spec.foo}}}]}]}", "spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"spec.foo\": error converting fieldPath: field label not supported: spec.foo")]
    [InlineData("{containers: [{name: a, image: x, env: [{name: a, valueFrom: {fieldRef: {fieldPath: status.phase}}}]}]}", "spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Unsupported value: \"status.phase\": supported values: \"metadata.name\", \"metadata.namespace\", \"metadata.uid\", \"spec.nodeName\", \"spec.serviceAccountName\", \"status.hostIP\", \"status.hostIPs\", \"status.podIP\", \"status.podIPs\"")]
    [InlineData("{containers: [{name: a, image: x, env: [{name: a, valueFrom: {fieldRef: {fieldPath: \"metadata.labels['app']\"}}}]}]}", "")]
    [InlineData("{containers: [{name: a, image: x, env: [{name: a, valueFrom: {secretKeyRef: {name: s}}}]}]}", "spec.containers[0].env[0].valueFrom.secretKeyRef.key: Required value")]
    [InlineData("{containers: [{name: a, image: x, envFrom: [{}]}]}", "spec.containers[0].envFrom[0]: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`")]
    [InlineData("{containers: [{name: a, image: x, volumeMounts: [{name: v, mountPath: /v}]}]}", "spec.containers[0].volumeMounts[0].name: Not found: \"v\"")]
    [InlineData("{volumes: [{name: v}], containers: [{name: a, image: x, volumeMounts: [{name: v, mountPath: /v}, {name: v, mountPath: /v, subPath: ../a}, {name: v}]}]}", "spec.containers[0].volumeMounts[1].mountPath: Invalid value: \"/v\": must be unique\nspec.containers[0].volumeMounts[1].subPath: Invalid value: \"../a\": must not contain '..'\nspec.containers[0].volumeMounts[2].mountPath: Required value")]
    [InlineData("{volumes: [{name: v}, {name: v}], containers: [{name: a, image: x}]}", "spec.volumes[1].name: Duplicate value: \"v\"")]
    [InlineData("{volumes: [{name: v, emptyDir: {}, configMap: {name: c}}], containers: [{name: a, image: x}]}", "spec.volumes[0].configMap: Forbidden: may not specify more than 1 volume type")]
    [InlineData("{volumes: [{name: v, configMap: {}}, {name: w, secret: {secretName: s, defaultMode: 512}}], containers: [{name: a, image: x}]}", "spec.volumes[0].configMap.name: Required value\nspec.volumes[1].secret.defaultMode: Invalid value: 512: must be a number between 0 and 0777 (octal), both inclusive")]
    [InlineData("{volumes: [{name: v, configMap: {name: c, items: [{key: k, path: /abs}]}}], containers: [{name: a, image: x}]}", "spec.volumes[0].configMap.items[0].path: Invalid value: \"/abs\": must be a relative path")]
    [InlineData("{volumes: [{name: v, persistentVolumeClaim: {claimName: c}}], containers: [{name: a, image: x}]}", "")]
    [InlineData("{containers: [{name: a, image: x, livenessProbe: {}}]}", "spec.containers[0].livenessProbe: Required value: must specify a handler type")]
    [InlineData("{containers: [{name: a, image: x, livenessProbe: {exec: {command: [a]}, tcpSocket: {port: 1}}}]}", "spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type")]
    [InlineData("{containers: [{name: a, image: x, livenessProbe: {tcpSocket: {port: 0}, successThreshold: 2, periodSeconds: -1}}]}", "spec.containers[0].livenessProbe.tcpSocket.port: Invalid value: 0: must be between 1 and 65535, inclusive\nspec.containers[0].livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0\nspec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1")]
    [InlineData("{initContainers: [{name: i, image: x, readinessProbe: {tcpSocket: {port: 1}}}], containers: [{name: a, image: x}]}", "spec.initContainers[0].readinessProbe: Forbidden: may not be set for init containers without restartPolicy=Always")]
    [InlineData("{containers: [{name: a, image: x, resources: {requests: {cpu: 2}, limits: {cpu: 1}}}]}", "spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1")]
    [InlineData("{containers: [{name: a, image: x, resources: {limits: {cpu: -1}}}]}", "spec.containers[0].resources.limits[cpu]: Invalid value: \"-1\": must be greater than or equal to 0\nspec.containers[0].resources.requests[cpu]: Invalid value: \"-1\": must be greater than or equal to 0")]
    [InlineData("{containers: [{name: a, image: x, resources: {limits: {gpu: 1}, requests: {gpu: 1}}}]}", "spec.containers[0].resources.limits[gpu]: Invalid value: \"gpu\": must be a standard resource for containers\nspec.containers[0].resources.requests[gpu]: Invalid value: \"gpu\": must be a standard resource for containers")]
    [InlineData("{containers: [{name: a, image: x, resources: {limits: {x.com/gpu: 1.5}}}]}", "spec.containers[0].resources.limits[x.com/gpu]: Invalid value: \"1500m\": must be an integer\nspec.containers[0].resources.requests[x.com/gpu]: Invalid value: \"1500m\": must be an integer")]
    [InlineData("{tolerations: [{operator: Equal}], containers: [{name: a, image: x}]}", "spec.tolerations[0].operator: Invalid value: \"Equal\": operator must be Exists when `key` is empty, which means \"match all values and all keys\"")]
    [InlineData("{tolerations: [{key: a, operator: Exists, tolerationSeconds: 5, effect: NoSchedule}], containers: [{name: a, image: x}]}", "spec.tolerations[0].effect: Invalid value: \"NoSchedule\": effect must be 'NoExecute' when `tolerationSeconds` is set")]
    [InlineData("{tolerations: [{key: a, operator: Gt}], containers: [{name: a, image: x}]}", "spec.tolerations[0].operator: Unsupported value: \"Gt\": supported values: \"Equal\", \"Exists\"")]
    [InlineData("{affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In, values: [a]}, {key: x, operator: Exists}, {key: metadata.name, operator: NotIn, values: [a, B]}]}]}}}, containers: [{name: a, image: x}]}", "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[1].operator: Invalid value: \"Exists\": not a valid selector operator\nspec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[1].key: Invalid value: \"x\": not a valid field selector key\nspec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[2].values: Required value: must be only one value when `operator` is 'In' or 'NotIn' for node field selector\nspec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[2].values[1]: Invalid value: \"B\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')")]
    [InlineData("{affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a/b/c, namespaces: [x.y], labelSelector: {matchExpressions: [{key: k, operator: Foo}]}}]}}, containers: [{name: a, image: x}]}", "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector.matchExpressions[0].operator: Invalid value: \"Foo\": not a valid selector operator\nspec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].namespace: Invalid value: \"x.y\": must not contain dots\nspec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey: Invalid value: \"a/b/c\": a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')")]
    [InlineData("{affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 0, podAffinityTerm: {topologyKey: k, matchLabelKeys: [a], namespaceSelector: {matchExpressions: [{key: k, operator: In}]}}}]}}, containers: [{name: a, image: x}]}", "spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 0: must be in the range 1-100\nspec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.namespaceSelector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'\nspec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.matchLabelKeys: Forbidden: must not be specified when labelSelector is not set")]
    [InlineData("{affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: k, labelSelector: {matchLabels: {app: web}}, matchLabelKeys: [a, b], mismatchLabelKeys: [b, c]}]}}, containers: [{name: a, image: x}]}", "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys[1]: Invalid value: \"b\": exists in both matchLabelKeys and mismatchLabelKeys")]
    [InlineData("{affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, podAffinityTerm: {topologyKey: k, labelSelector: {matchLabels: {a: x}, matchExpressions: [{key: a, operator: In, values: [y]}, {key: b, operator: Exists}]}, matchLabelKeys: [b, a]}}]}}, containers: [{name: a, image: x}]}", "spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm[1]: Invalid value: \"a\": exists in both matchLabelKeys and labelSelector")]
    // The pod is not labelled so: nothing joins the selector.
    [InlineData("{affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: k, labelSelector: {matchLabels: {a: x}}, matchLabelKeys: [a], mismatchLabelKeys: [b]}]}}, containers: [{name: a, image: x}]}", "")]
    [InlineData("{ephemeralContainers: [{name: e, image: x}], containers: [{name: a, image: x}]}", "spec.ephemeralContainers: Forbidden: cannot be set on create")]
    [InlineData("{securityContext: {runAsUser: -1}, containers: [{name: a, image: x, securityContext: {privileged: true, allowPrivilegeEscalation: false}}]}", "spec.containers[0].securityContext: Invalid value: {\"privileged\":true,\"allowPrivilegeEscalation\":false}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true\nspec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive")]
    public void Faults(string spec, string expected)
    {
        var faults = Fixture.Faults("Pod", $"{{metadata: {{name: p}}, spec: {spec}}}");
        if (expected.EndsWith("a valid label", StringComparison.Ordinal))
            Assert.StartsWith(expected, faults, StringComparison.Ordinal);
        else
            Assert.Equal(expected, string.Join('\n', faults.Split('\n').OrderBy(f => expected.IndexOf(f, StringComparison.Ordinal))));
    }

    [Theory]
    [InlineData("{matchLabels: {a: x}}", "[a]", "[0][0]: Invalid value: \"a\": exists in both matchLabelKeys and labelSelector")]
    [InlineData("{matchExpressions: [{key: a, operator: Exists}]}", "[b, a]", "[0][1]: Invalid value: \"a\": exists in both matchLabelKeys and labelSelector")]
    [InlineData("{}", "[a, a]", "[0][1]: Invalid value: \"a\": exists in both matchLabelKeys and labelSelector")]
    [InlineData("{matchLabels: {b: x}}", "[b, a]", "")]
    public void A_label_of_its_own_joins_the_selector_of_a_new_pod_once(string selector, string keys, string expected)
    {
        var pod = $"{{metadata: {{name: p, labels: {{a: x}}}}, spec: {{affinity: {{podAffinity: {{requiredDuringSchedulingIgnoredDuringExecution: [{{topologyKey: k, labelSelector: {selector}, matchLabelKeys: {keys}}}]}}}}, containers: [{{name: a, image: x}}]}}}}";
        Assert.Equal(expected.Length == 0 ? "" : $"spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution{expected}", Fixture.Faults("Pod", pod));
    }

    [Theory]
    [InlineData("{}", "BestEffort")]
    [InlineData("{requests: {cpu: 100m}}", "Burstable")]
    [InlineData("{limits: {cpu: 1, memory: 1Gi}}", "Guaranteed")]
    [InlineData("{limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 1000m, memory: 1024Mi}}", "Guaranteed")]
    [InlineData("{limits: {cpu: 1}}", "Burstable")]
    public void A_new_pod_is_pending_with_its_class(string resources, string qos)
    {
        var pod = Fixture.Create("Pod", $"{{metadata: {{name: p}}, spec: {{containers: [{{name: a, image: x, resources: {resources}}}]}}, status: {{phase: Running}}}}");
        Fixture.AssertJson($$"""{"phase":"Pending","qosClass":"{{qos}}"}""", pod["status"]);
        Assert.Equal(1, pod["metadata"].Number("generation"));
    }

    [Fact]
    public void An_image_may_change_and_counts_as_a_generation()
    {
        var stored = Fixture.Create("Pod", Manifests.Pod);
        var update = stored.DeepClone().AsObject();
        update["spec"]!["containers"]![0]!["image"] = "nginx:2";
        update["status"] = new JsonObject { ["phase"] = "Failed" };
        KindRules.PrepareForUpdate(Fixture.Resource("Pod"), null, update, stored);
        Assert.Empty(KindRules.ValidateUpdate(Fixture.Resource("Pod"), null, update, stored));
        Assert.Equal(2, update["metadata"].Number("generation"));
        Assert.Equal("Pending", update["status"].Text("phase"));
    }

    [Fact]
    public void Nothing_else_of_the_spec_may_change() => Assert.Equal(
        "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`," +
        "`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n" +
        "spec.containers[0].env[0].value:\n- \"b\"\n+ \"c\"\n",
        Fixture.UpdateFaults("Pod", Manifests.Pod, p => p["spec"]!["containers"]![0]!["env"]![0]!["value"] = "c"));

    [Fact]
    public void Containers_neither_come_nor_go() => Assert.Equal("spec.containers: Forbidden: pod updates may not add or remove containers",
        Fixture.UpdateFaults("Pod", Manifests.Pod, p => p["spec"]!["containers"]!.AsArray().Add((JsonNode)new JsonObject { ["name"] = "b", ["image"] = "x" })));

    [Fact]
    public void Tolerations_are_only_added()
    {
        var more = new JsonObject { ["key"] = "x", ["operator"] = "Exists" };
        Assert.Equal("", Fixture.UpdateFaults("Pod", Manifests.Pod, p => p["spec"]!["tolerations"]!.AsArray().Add((JsonNode)more.DeepClone())));
        Assert.Equal("spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds",
            Fixture.UpdateFaults("Pod", Manifests.Pod, p => p["spec"]!["tolerations"] = new JsonArray(more)));
    }

    [Fact]
    public void Status_updates_keep_the_spec_and_may_label()
    {
        var stored = Fixture.Create("Pod", Manifests.Pod);
        var update = stored.DeepClone().AsObject();
        update["spec"]!["nodeName"] = "elsewhere";
        update["metadata"]!["labels"]!["x"] = "y";
        update["status"] = new JsonObject { ["phase"] = "Running" };
        KindRules.PrepareForUpdate(Fixture.Resource("Pod"), "status", update, stored);
        Assert.Empty(KindRules.ValidateUpdate(Fixture.Resource("Pod"), "status", update, stored));
        Assert.Null(update["spec"].Text("nodeName"));
        Assert.Equal("y", update["metadata"].Object("labels").Text("x"));
        Assert.Equal("Burstable", update["status"].Text("qosClass"));
        Assert.Equal(1, update["metadata"].Number("generation"));
    }

    [Fact]
    public void Admission_completes_a_pod()
    {
        var pod = Fixture.Load("Pod", "{metadata: {name: p}, spec: {tolerations: [{key: node.kubernetes.io/not-ready, operator: Exists}], containers: [{name: a, image: x}]}}");
        Assert.Null(PodAdmission.Admit(pod));
        var spec = pod["spec"]!;
        Assert.Equal("default", spec.Text("serviceAccountName"));
        Assert.Equal("default", spec.Text("serviceAccount"));
        Assert.Equal(0, spec.Number("priority"));
        Assert.Equal("PreemptLowerPriority", spec.Text("preemptionPolicy"));
        Fixture.AssertJson("""
            [{"key":"node.kubernetes.io/not-ready","operator":"Exists"},
             {"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}]
            """, spec["tolerations"]);
    }

    [Theory]
    [InlineData("priorityClassName: gold", "no PriorityClass with name gold was found")]
    [InlineData("priority: 5", "the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name")]
    [InlineData("priorityClassName: system-node-critical", null)]
    public void Admission_refuses_unknown_priorities(string field, string? refusal) =>
        Assert.Equal(refusal, PodAdmission.Admit(Fixture.Load("Pod", $"{{spec: {{{field}, containers: [{{name: a, image: x}}]}}}}")));

    [Fact]
    public void Warnings() => Assert.Equal(
    [
        "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: " +
        "[must not contain dots]",
        "spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use \"kubernetes.io/os\" instead",
        "spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1",
        "spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped when using apply",
        "spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]",
    ], KindRules.Warnings(Fixture.Resource("Pod"), Fixture.Create("Pod", """
        metadata: {name: a.b}
        spec:
          nodeSelector: {beta.kubernetes.io/os: linux}
          terminationGracePeriodSeconds: -1
          containers: [{name: a, image: x, env: [{name: A, value: b}, {name: A, value: c}], ports: [{containerPort: 1}, {containerPort: 1}]}]
        """), null));
}
