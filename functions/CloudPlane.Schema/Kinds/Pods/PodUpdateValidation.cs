using System.Text;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>A pod's spec hardly changes: images, a deadline that shrinks, a first termination grace, tolerations that come.</summary>
internal static class PodUpdateValidation
{
    private const string Fault =
        "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`," +
        "`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` " +
        "(allow it to be set to 1 if it was previously negative)";

    private static readonly FieldPath Spec = FieldPath.Root("spec");

    public static void Validate(JsonObject document, JsonObject stored, FieldErrors errors)
    {
        var (spec, old) = (document.Object("spec") ?? [], stored.Object("spec") ?? []);
        foreach (var name in (string[])["containers", "initContainers"])
        {
            if ((spec.Array(name)?.Count ?? 0) == (old.Array(name)?.Count ?? 0))
                continue;
            // Comparing further would only repeat this.
            errors.Forbidden(Spec.Child(name), $"pod updates may not add or remove {(name == "containers" ? "containers" : "init containers")}");
            return;
        }

        Deadline(spec, old, errors);
        Tolerations(spec, old, errors);
        var allowed = WithMutableFieldsOf(spec, old);
        if (!JsonNode.DeepEquals(allowed, spec))
            errors.Forbidden(Spec, $"{Fault}\n{Differences(spec, allowed)}");
    }

    public static void ValidateStatus(JsonObject document, JsonObject stored, FieldErrors errors)
    {
        var policy = stored["spec"].Text("restartPolicy");
        if (policy is null or "Always")
            return;
        foreach (var name in (string[])["containerStatuses", "initContainerStatuses"])
        {
            foreach (var (old, _) in stored["status"].Items(name))
            {
                var exit = old.Object("state").Object("terminated").Number("exitCode");
                if (exit is null || (exit != 0 && policy == "OnFailure"))
                    continue;
                foreach (var (status, i) in document["status"].Items(name))
                {
                    if (status.Text("name") == old.Text("name") && !status.Object("state").Has("terminated"))
                        errors.Forbidden(FieldPath.Root("status").Child(name).Index(i).Child("state"), "may not be transitioned to non-terminated state");
                }
            }
        }
    }

    private static void Deadline(JsonObject spec, JsonObject old, FieldErrors errors)
    {
        if (old.Number("activeDeadlineSeconds") is not { } before)
            return;
        var path = Spec.Child("activeDeadlineSeconds");
        if (spec.Number("activeDeadlineSeconds") is not { } now)
            errors.Invalid(path, null, "must not update from a positive integer to nil value");
        else if (now > before)
            errors.Invalid(path, now, "must be less than or equal to previous value");
    }

    private static void Tolerations(JsonObject spec, JsonObject old, FieldErrors errors)
    {
        var kept = spec.Items("tolerations").Select(t => Timeless(t.Item)).ToList();
        if (old.Items("tolerations").Any(t => !kept.Any(k => JsonNode.DeepEquals(k, Timeless(t.Item)))))
            errors.Forbidden(Spec.Child("tolerations"), "existing toleration can not be modified except its tolerationSeconds");
    }

    private static JsonObject Timeless(JsonObject toleration)
    {
        var rest = toleration.DeepClone().AsObject();
        rest.Remove("tolerationSeconds");
        return rest;
    }

    // The stored spec with everything that this update may change taken from the new one.
    private static JsonObject WithMutableFieldsOf(JsonObject spec, JsonObject old)
    {
        var allowed = old.DeepClone().AsObject();
        KindRules.Keep(allowed, spec, "activeDeadlineSeconds");
        KindRules.Keep(allowed, spec, "tolerations");
        if (old.Number("terminationGracePeriodSeconds") < 0 && spec.Number("terminationGracePeriodSeconds") == 1)
            KindRules.Keep(allowed, spec, "terminationGracePeriodSeconds");
        foreach (var name in (string[])["containers", "initContainers"])
        {
            foreach (var ((container, _), (mine, _)) in spec.Items(name).Zip(allowed.Items(name)))
                KindRules.Keep(mine, container, "image");
        }

        if (old.Array("schedulingGates") is { Count: > 0 })
            UngatedFields(spec, allowed);
        return allowed;
    }

    // KEP-3521: gates may go; as long as there are some, the node selector and affinity may get narrower.
    private static void UngatedFields(JsonObject spec, JsonObject allowed)
    {
        var gates = allowed.Items("schedulingGates").Select(g => g.Item.Text("name")).ToHashSet();
        if (spec.Items("schedulingGates").All(g => gates.Contains(g.Item.Text("name"))))
            KindRules.Keep(allowed, spec, "schedulingGates");
        if ((allowed.Object("nodeSelector") ?? []).All(s => spec.Object("nodeSelector").Text(s.Key) == s.Value.AsText()))
            KindRules.Keep(allowed, spec, "nodeSelector");
        if (!allowed.Has("affinity"))
            KindRules.Keep(allowed, spec, "affinity");
    }

    private static string Differences(JsonNode? now, JsonNode? before)
    {
        var text = new StringBuilder();
        Differences(now, before, Spec, text);
        return text.ToString();
    }

    private static void Differences(JsonNode? now, JsonNode? before, FieldPath path, StringBuilder text)
    {
        if (JsonNode.DeepEquals(now, before))
            return;
        if (now is JsonObject o && before is JsonObject p)
        {
            foreach (var name in o.Select(f => f.Key).Union(p.Select(f => f.Key)))
                Differences(o[name], p[name], path.Child(name), text);
        }
        else if (now is JsonArray a && before is JsonArray b && a.Count == b.Count)
        {
            for (var i = 0; i < a.Count; i++)
                Differences(a[i], b[i], path.Index(i), text);
        }
        else
        {
            text.Append(path).Append(":\n- ").Append(before?.ToJsonString() ?? "null").Append("\n+ ").Append(now?.ToJsonString() ?? "null").Append('\n');
        }
    }
}
