namespace CloudPlane.Schema.Tests;

/// <summary>Valid objects that tests start from.</summary>
internal static class Manifests
{
    public const string Pod = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, labels: {app: web}, annotations: {note: hello}}
        spec:
          containers:
          - name: main
            image: nginx:1.27
            command: [sh, -c, sleep 1]
            env:
            - {name: A, value: b}
            - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
            - {name: KEY, valueFrom: {configMapKeyRef: {name: settings, key: key}}}
            envFrom:
            - secretRef: {name: secrets}
            ports: [{containerPort: 80, name: http}]
            resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: "1", memory: 128Mi}}
            livenessProbe: {httpGet: {path: /, port: http}}
            readinessProbe: {exec: {command: [cat, /ready]}}
            volumeMounts: [{name: data, mountPath: /data}, {name: config, mountPath: /config, readOnly: true}]
          initContainers:
          - {name: init, image: busybox}
          volumes:
          - {name: data, emptyDir: {}}
          - {name: config, configMap: {name: settings}}
          nodeSelector: {disk: ssd}
          tolerations: [{key: dedicated, operator: Equal, value: web, effect: NoSchedule}]
        """;

    public const string Deployment = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, labels: {app: web}}
        spec:
          replicas: 3
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
              - {name: main, image: nginx, ports: [{containerPort: 80}]}
        """;

    public const string Service = """
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec:
          selector: {app: web}
          ports: [{port: 80}]
        """;

    public const string ConfigMap = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings}
        data: {key: value}
        """;

    public const string Secret = """
        apiVersion: v1
        kind: Secret
        metadata: {name: secrets}
        stringData: {password: hunter2}
        """;

    public const string Node = """
        apiVersion: v1
        kind: Node
        metadata: {name: n1}
        spec: {podCIDR: 10.244.0.0/24, taints: [{key: a, effect: NoSchedule}]}
        status: {capacity: {cpu: 2, memory: 1024Mi}}
        """;

    public const string Namespace = """
        apiVersion: v1
        kind: Namespace
        metadata: {name: team}
        """;

    public const string ReplicaSet = """
        apiVersion: apps/v1
        kind: ReplicaSet
        metadata: {name: web-1}
        spec:
          selector: {matchExpressions: [{key: app, operator: In, values: [web]}]}
          template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: "nginx:latest"}]}}
        """;

    public const string Lease = """
        apiVersion: coordination.k8s.io/v1
        kind: Lease
        metadata: {name: n1, namespace: kube-node-lease}
        spec: {holderIdentity: n1, leaseDurationSeconds: 40, renewTime: "2025-01-02T03:04:05.678901Z"}
        """;

    public const string EndpointSlice = """
        apiVersion: discovery.k8s.io/v1
        kind: EndpointSlice
        metadata: {name: web-abc}
        addressType: IPv4
        endpoints: [{addresses: [10.244.0.2], conditions: {ready: true}}]
        ports: [{port: 80}]
        """;

    public const string Event = """
        apiVersion: v1
        kind: Event
        metadata: {name: web.17abc}
        involvedObject: {kind: Pod, name: web, namespace: default}
        reason: Created
        """;

    public const string ServiceAccount = """
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: robot}
        """;

    public const string Binding = """
        apiVersion: v1
        kind: Binding
        metadata: {name: web}
        target: {kind: Node, name: n1}
        """;

    public static readonly (string Kind, string Yaml)[] All =
    [
        ("Pod", Pod), ("Deployment", Deployment), ("Service", Service), ("ConfigMap", ConfigMap), ("Secret", Secret), ("Node", Node),
        ("Namespace", Namespace), ("ReplicaSet", ReplicaSet), ("Lease", Lease), ("EndpointSlice", EndpointSlice), ("Event", Event),
        ("ServiceAccount", ServiceAccount), ("Binding", Binding),
    ];
}
