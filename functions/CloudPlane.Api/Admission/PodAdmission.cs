using System.Text.Json.Nodes;

namespace CloudPlane.Api;

/// <summary>What Kubernetes' admission plugins give a new pod: service account, tolerations of a lost node, priority.</summary>
internal static class PodAdmission
{
    private const int LostNodeSeconds = 300;

    public static void Admit(JsonObject pod)
    {
        var spec = pod.Child("spec");
        SetServiceAccount(spec);
        AddToleration(spec, "node.kubernetes.io/not-ready");
        AddToleration(spec, "node.kubernetes.io/unreachable");
        SetPriority(spec);
    }

    private static void SetServiceAccount(JsonObject spec)
    {
        if (spec.Text("serviceAccountName").Length == 0)
            spec["serviceAccountName"] = spec.Text("serviceAccount") is { Length: > 0 } old ? old : "default";
        spec["serviceAccount"] = spec.Text("serviceAccountName");
    }

    /// <summary>The DefaultTolerationSeconds plugin: a pod leaves a lost node after five minutes, unless it says otherwise.</summary>
    private static void AddToleration(JsonObject spec, string taint)
    {
        var tolerations = spec.Objects("tolerations");
        if (tolerations.Any(t => t.Text("key") is var key && (key == taint || key.Length == 0) && t.Text("effect") is ("" or "NoExecute")))
            return;
        if (spec["tolerations"] is not JsonArray all)
            spec["tolerations"] = all = [];
        all.Add((JsonNode)new JsonObject { ["key"] = taint, ["operator"] = "Exists", ["effect"] = "NoExecute", ["tolerationSeconds"] = LostNodeSeconds });
    }

    private static void SetPriority(JsonObject spec)
    {
        spec["priority"] ??= spec.Text("priorityClassName") switch
        {
            "system-node-critical" => 2000001000,
            "system-cluster-critical" => 2000000000,
            _ => 0,
        };
        spec["preemptionPolicy"] ??= "PreemptLowerPriority";
    }
}
