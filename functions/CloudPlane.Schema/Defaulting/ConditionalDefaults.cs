using System.Text;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>Defaults that depend on other fields: the catalog's serverDefaultWhen, and what only Kubernetes' code says.</summary>
internal static class ConditionalDefaults
{
    /// <summary>Whether a type has any.</summary>
    public static bool Concern(ObjectSchema schema) => schema.ShortName
        is "Container" or "EphemeralContainer" or "ImageVolumeSource" or "Volume" or "PodSpec" or "ServicePort" or "ServiceSpec"
        or "DeploymentStrategy" or "NodeStatus" or "LoadBalancerIngress" or "ResourceFieldSelector"
        or "Namespace" or "NodeSpec" or "Secret";

    public static void Apply(string type, JsonObject value, string owner)
    {
        switch (type)
        {
            case "PodSpec":
                PodSpec(value, owner);
                break;
            case "Container" or "EphemeralContainer":
                value["imagePullPolicy"] ??= PullPolicy(value.Text("image"));
                break;
            case "ImageVolumeSource":
                value["pullPolicy"] ??= PullPolicy(value.Text("reference"));
                break;
            case "Volume" when value.All(p => p.Key == "name"):
                value["emptyDir"] = new JsonObject();
                break;
            case "ServiceSpec":
                ServiceSpec(value);
                break;
            case "ServicePort" when value["targetPort"] is null || value.Number("targetPort") == 0 || value.Text("targetPort") == "":
                if (value["port"] is { } port)
                    value["targetPort"] = port.DeepClone();
                break;
            case "DeploymentStrategy" when value.Text("type") == "RollingUpdate":
                value["rollingUpdate"] ??= new JsonObject();
                break;
            case "NodeStatus" when value["capacity"] is JsonObject capacity:
                value["allocatable"] ??= capacity.DeepClone();
                break;
            case "LoadBalancerIngress" when owner == "Service" && value.Has("ip"):
                value["ipMode"] ??= "VIP";
                break;
            case "ResourceFieldSelector":
                // A Quantity that is no pointer: Go always writes it.
                value["divisor"] ??= "0";
                break;
            case "NodeSpec":
                PodCidrs(value);
                break;
            case "Secret":
                StringData(value);
                break;
            case "Namespace":
                DefaultNamespaceLabel(value);
                break;
        }
    }

    /// <summary>Always for the tag latest and for none, else IfNotPresent (an image by digest never changes).</summary>
    internal static string PullPolicy(string? image)
    {
        image ??= "";
        if (image.Contains('@'))
            return "IfNotPresent";
        // A colon before the last slash is a registry's port.
        var name = image[(image.LastIndexOf('/') + 1)..];
        var colon = name.LastIndexOf(':');
        return colon < 0 || name[(colon + 1)..] == "latest" ? "Always" : "IfNotPresent";
    }

    private static void PodSpec(JsonObject spec, string owner)
    {
        // serviceAccount is serviceAccountName's deprecated name: either sets both.
        if (spec.Text("serviceAccountName") is null && spec.Text("serviceAccount") is { } deprecated)
            spec["serviceAccountName"] = deprecated;
        if (spec.Text("serviceAccountName") is { } account)
            spec["serviceAccount"] = account;
        // None of these holds for a pod template (serverDefaultWhen: owner==Pod).
        if (owner != "Pod")
            return;
        spec["enableServiceLinks"] ??= true;
        foreach (var container in spec.Items("containers").Concat(spec.Items("initContainers")))
            RequestsFromLimits(container.Item);
        HostPorts(spec);
    }

    private static void RequestsFromLimits(JsonObject container)
    {
        if (container.Object("resources") is not { } resources || resources.Object("limits") is not { } limits)
            return;
        if (resources["requests"] is null)
            resources["requests"] = new JsonObject();
        var requests = resources["requests"]!.AsObject();
        foreach (var (name, limit) in limits)
            requests[name] ??= limit?.DeepClone();
    }

    // On the host's network a container's port is the host's.
    private static void HostPorts(JsonObject spec)
    {
        if (!spec.Flag("hostNetwork"))
            return;
        foreach (var (container, _) in spec.Items("containers").Concat(spec.Items("initContainers")))
        {
            foreach (var (port, _) in container.Items("ports"))
            {
                if (port["containerPort"] is { } number)
                    port["hostPort"] ??= number.DeepClone();
            }
        }
    }

    private static void ServiceSpec(JsonObject spec)
    {
        var type = spec.Text("type");
        if (spec.Text("sessionAffinity") == "None")
            spec.Remove("sessionAffinityConfig");
        else if (spec.Text("sessionAffinity") == "ClientIP" && spec.Object("sessionAffinityConfig").Object("clientIP").Number("timeoutSeconds") is null)
            spec["sessionAffinityConfig"] = new JsonObject { ["clientIP"] = new JsonObject { ["timeoutSeconds"] = 10800 } };
        if (type is "NodePort" or "LoadBalancer" || (type == "ClusterIP" && spec.Array("externalIPs") is { Count: > 0 }))
            spec["externalTrafficPolicy"] ??= "Cluster";
        if (type is "ClusterIP" or "NodePort" or "LoadBalancer")
            spec["internalTrafficPolicy"] ??= "Cluster";
        if (type == "LoadBalancer")
            spec["allocateLoadBalancerNodePorts"] ??= true;
    }

    // The singular field is the first of the plural one; either may be set.
    private static void PodCidrs(JsonObject spec)
    {
        if (spec.Array("podCIDRs") is { Count: > 0 } ranges)
            spec["podCIDR"] = ranges[0]?.DeepClone();
        else if (spec.Text("podCIDR") is { } range)
            spec["podCIDRs"] = new JsonArray(range);
    }

    // stringData is write-only: it becomes data, and wins over it.
    private static void StringData(JsonObject secret)
    {
        if (secret["stringData"] is not JsonObject texts)
            return;
        secret.Remove("stringData");
        if (secret["data"] is not JsonObject data)
            secret["data"] = data = [];
        foreach (var (key, text) in texts)
            data[key] = Convert.ToBase64String(Encoding.UTF8.GetBytes(text.AsText() ?? ""));
    }

    // Every namespace can be selected by its name; SetDefaults_Namespace keeps the label equal to it.
    internal static void DefaultNamespaceLabel(JsonObject document)
    {
        if (document.Object("metadata") is not { } metadata || metadata.Text("name") is not { Length: > 0 } name)
            return;
        if (metadata["labels"] is null)
            metadata["labels"] = new JsonObject();
        if (metadata["labels"] is JsonObject labels && labels["kubernetes.io/metadata.name"].AsText() != name)
            labels["kubernetes.io/metadata.name"] = name;
    }
}
