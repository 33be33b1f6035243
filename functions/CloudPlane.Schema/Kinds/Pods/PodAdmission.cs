using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>
/// What Kubernetes' admission plugins add to a pod on create: DefaultTolerationSeconds, ServiceAccount and Priority. It holds for pods
/// only, never for templates, so it is no defaulting.
/// </summary>
public static class PodAdmission
{
    private const int TolerationSeconds = 300;

    /// <summary>
    /// Completes a decoded and defaulted pod. Returns why the pod must be refused with 403 (for
    /// <c>pods "x" is forbidden: ...</c>), or null.
    /// </summary>
    public static string? Admit(JsonObject pod)
    {
        if (pod["spec"] is not JsonObject spec)
            return null;
        ServiceAccount(spec);
        if (Priority(spec) is { } refusal)
            return refusal;
        Tolerate(spec, "node.kubernetes.io/not-ready");
        Tolerate(spec, "node.kubernetes.io/unreachable");
        return null;
    }

    private static void ServiceAccount(JsonObject spec)
    {
        if (spec.Text("serviceAccountName") is null or "")
            spec["serviceAccountName"] = "default";
        // The deprecated name of the same field.
        spec["serviceAccount"] = spec.Text("serviceAccountName");
    }

    private static string? Priority(JsonObject spec)
    {
        var name = spec.Text("priorityClassName") ?? "";
        // Kubernetes' own two classes always exist; others would be PriorityClass objects, which are not served.
        int? known = name switch { "" => 0, "system-cluster-critical" => 2_000_000_000, "system-node-critical" => 2_000_001_000, _ => null };
        if (known is not { } priority)
            return $"no PriorityClass with name {name} was found";
        if (spec.Number("priority") is { } given && given != priority)
        {
            return $"the integer value of priority ({given}) must not be provided in pod spec; " +
                $"priority admission controller computed {priority} from the given PriorityClass name";
        }

        spec["priority"] = priority;
        spec["preemptionPolicy"] ??= "PreemptLowerPriority";
        return null;
    }

    private static void Tolerate(JsonObject spec, string taint)
    {
        if (spec.Items("tolerations").Any(t => Covers(t.Item, taint)))
            return;
        if (spec["tolerations"] is not JsonArray tolerations)
            spec["tolerations"] = tolerations = [];
        tolerations.Add((JsonNode)new JsonObject
        {
            ["key"] = taint,
            ["operator"] = "Exists",
            ["effect"] = "NoExecute",
            ["tolerationSeconds"] = (long)TolerationSeconds,
        });
    }

    private static bool Covers(JsonObject toleration, string taint) =>
        (toleration.Text("key") ?? "") is var key && (key == taint || key.Length == 0)
        && (toleration.Text("effect") ?? "") is "" or "NoExecute";
}
