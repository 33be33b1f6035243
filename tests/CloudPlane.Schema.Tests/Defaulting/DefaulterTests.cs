namespace CloudPlane.Schema.Tests;

public sealed class DefaulterTests
{
    private const string Template = """
        {"metadata":{"labels":{"a":"b"}},
         "spec":{"containers":[{"name":"c","image":"nginx","imagePullPolicy":"Always","resources":{},
                                "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],
                 "dnsPolicy":"ClusterFirst","restartPolicy":"Always","schedulerName":"default-scheduler","securityContext":{},
                 "terminationGracePeriodSeconds":30}}
        """;

    [Fact]
    public void Deployment() => Fixture.AssertJson($$$"""
        {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d"},
         "spec":{"replicas":1,"revisionHistoryLimit":10,"progressDeadlineSeconds":600,"selector":{"matchLabels":{"a":"b"}},
                 "strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%","maxUnavailable":"25%"}},
                 "template":{{{Template}}}},
         "status":{}}
        """, Fixture.Load("Deployment", """
        metadata: {name: d}
        spec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: nginx}]}}}
        """));

    [Fact]
    public void Recreate_has_no_rolling_update() => Fixture.AssertJson("""{"type":"Recreate"}""",
        Fixture.Load("Deployment", "spec: {strategy: {type: Recreate}}")["spec"]!["strategy"]);

    [Fact]
    public void ReplicaSet() => Fixture.AssertJson($$$"""
        {"apiVersion":"apps/v1","kind":"ReplicaSet","spec":{"replicas":1,"template":{{{Template}}}},"status":{}}
        """, Fixture.Load("ReplicaSet", "spec: {template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: nginx}]}}}"));

    [Fact]
    public void Pod() => Fixture.AssertJson("""
        {"apiVersion":"v1","kind":"Pod",
         "spec":{"containers":[{"name":"c","image":"nginx:1.2","imagePullPolicy":"IfNotPresent",
                    "resources":{"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"500m","memory":"1Gi"}},
                    "ports":[{"containerPort":80,"protocol":"TCP","hostPort":80}],
                    "livenessProbe":{"httpGet":{"path":"/","scheme":"HTTP","port":80},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3},
                    "env":[{"name":"A","valueFrom":{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.name"}}},
                           {"name":"B","valueFrom":{"resourceFieldRef":{"resource":"limits.cpu","divisor":"0"}}}],
                    "terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File"}],
                 "volumes":[{"name":"a","emptyDir":{}},{"name":"b","configMap":{"name":"x","defaultMode":420}},
                            {"name":"c","secret":{"secretName":"x","defaultMode":256}},
                            {"name":"d","projected":{"defaultMode":420,"sources":[{"serviceAccountToken":{"path":"t","expirationSeconds":3600}}]}},
                            {"name":"e","hostPath":{"path":"/x","type":""}}],
                 "hostNetwork":true,"serviceAccount":"robot","serviceAccountName":"robot",
                 "dnsPolicy":"ClusterFirst","restartPolicy":"Always","schedulerName":"default-scheduler","securityContext":{},
                 "terminationGracePeriodSeconds":30,"enableServiceLinks":true},
         "status":{}}
        """, Fixture.Load("Pod", """
        spec:
          hostNetwork: true
          serviceAccount: robot
          containers:
          - name: c
            image: nginx:1.2
            resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 0.5}}
            ports: [{containerPort: 80}]
            livenessProbe: {httpGet: {port: 80}, periodSeconds: 0}
            env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}, {name: B, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}]
          volumes:
          - {name: a}
          - {name: b, configMap: {name: x}}
          - {name: c, secret: {secretName: x, defaultMode: 0400}}
          - {name: d, projected: {sources: [{serviceAccountToken: {path: t}}]}}
          - {name: e, hostPath: {path: /x}}
        """));

    [Fact]
    public void Templates_get_no_pod_only_defaults()
    {
        var spec = Fixture.Load("Deployment", """
            spec: {template: {spec: {hostNetwork: true, containers: [{name: c, image: x, ports: [{containerPort: 80}], resources: {limits: {cpu: 1}}}]}}}
            """)["spec"]!["template"]!["spec"]!;
        Assert.Null(spec["enableServiceLinks"]);
        Assert.Null(spec["containers"]![0]!["ports"]![0]!["hostPort"]);
        Assert.Null(spec["containers"]![0]!["resources"]!["requests"]);
    }

    [Theory]
    [InlineData("nginx", "Always")]
    [InlineData("nginx:latest", "Always")]
    [InlineData("nginx:1", "IfNotPresent")]
    [InlineData("localhost:5000/nginx", "Always")]
    [InlineData("localhost:5000/nginx:1", "IfNotPresent")]
    [InlineData("nginx@sha256:abc", "IfNotPresent")]
    public void Pull_policy_follows_the_tag(string image, string policy) => Assert.Equal(policy, ConditionalDefaults.PullPolicy(image));

    [Theory]
    [InlineData("{ports: [{port: 80}]}", """{"type":"ClusterIP","sessionAffinity":"None","internalTrafficPolicy":"Cluster","ports":[{"port":80,"protocol":"TCP","targetPort":80}]}""")]
    [InlineData("{type: NodePort, sessionAffinity: ClientIP}", """{"type":"NodePort","sessionAffinity":"ClientIP","sessionAffinityConfig":{"clientIP":{"timeoutSeconds":10800}},"externalTrafficPolicy":"Cluster","internalTrafficPolicy":"Cluster"}""")]
    [InlineData("{type: ExternalName, externalName: a.b}", """{"type":"ExternalName","externalName":"a.b","sessionAffinity":"None"}""")]
    [InlineData("{type: LoadBalancer}", """{"type":"LoadBalancer","sessionAffinity":"None","externalTrafficPolicy":"Cluster","internalTrafficPolicy":"Cluster","allocateLoadBalancerNodePorts":true}""")]
    public void Service(string spec, string expected) => Fixture.AssertJson(expected, Fixture.Load("Service", $"spec: {spec}")["spec"]);

    [Fact]
    public void Secret() => Fixture.AssertJson(
        """{"apiVersion":"v1","kind":"Secret","type":"Opaque","data":{"a":"Yg==","c":"ZA=="}}""",
        Fixture.Load("Secret", "{data: {a: eA==, c: ZA==}, stringData: {a: b}}"));

    [Fact]
    public void Node() => Fixture.AssertJson(
        """{"podCIDR":"10.0.0.0/24","podCIDRs":["10.0.0.0/24"]}""", Fixture.Load("Node", "spec: {podCIDR: 10.0.0.0/24}")["spec"]);

    [Fact]
    public void EndpointSlice() => Fixture.AssertJson(
        """{"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","endpoints":[{"addresses":["1.2.3.4"],"conditions":{}}],"ports":[{"name":"","port":80,"protocol":"TCP"}]}""",
        Fixture.Load("EndpointSlice", "{endpoints: [{addresses: [1.2.3.4]}], ports: [{port: 80}]}"));

    [Fact]
    public void Namespace() => Fixture.AssertJson(
        """{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"a","labels":{"kubernetes.io/metadata.name":"a"}},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}}""",
        Fixture.Create("Namespace", "metadata: {name: a}"));
}
