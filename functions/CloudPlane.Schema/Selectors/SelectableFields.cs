namespace CloudPlane.Schema;

/// <summary>
/// A field that a kind can be selected by. <paramref name="Absent"/> is the text that an absent field compares as;
/// <paramref name="Fallback"/> is read instead when the field is absent or empty.
/// </summary>
internal sealed record SelectableField(string[] Path, string Absent = "", SelectableField? Fallback = null);

/// <summary>Which field labels each kind supports (AddFieldLabelConversionFunc of the API machinery).</summary>
internal static class SelectableFields
{
    /// <exception cref="FormatException"><c>field label not supported: x</c>.</exception>
    public static SelectableField Find(ResourceType resource, string label)
    {
        var kind = resource.Group.Length == 0 || resource is { Group: "apps", Kind: "ReplicaSet" } ? resource.Kind : "";
        if (label == "metadata.name" || (label == "metadata.namespace" && kind is not ("Node" or "Namespace")))
            return Plain(label);
        var field = OfKind(kind, label);
        if (field is not null)
            return field;
        throw new FormatException(kind is "Pod" or "Node" or "Event" or "Namespace" or "Secret" or "ReplicaSet" or "Service"
            ? $"field label not supported: {label}"
            : $"\"{label}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"");
    }

    private static SelectableField? OfKind(string kind, string label) => (kind, label) switch
    {
        // The label of old clients.
        ("Pod", "spec.host") => Plain("spec.nodeName"),
        ("Pod", "spec.nodeName" or "spec.restartPolicy" or "spec.schedulerName" or "spec.serviceAccountName") => Plain(label),
        ("Pod", "status.phase" or "status.podIP" or "status.podIPs" or "status.nominatedNodeName") => Plain(label),
        ("Pod", "spec.hostNetwork") => Plain(label, "false"),
        ("Node", "spec.unschedulable") => Plain(label, "false"),
        ("Event", "involvedObject.kind" or "involvedObject.namespace" or "involvedObject.name" or "involvedObject.uid") => Plain(label),
        ("Event", "involvedObject.apiVersion" or "involvedObject.resourceVersion" or "involvedObject.fieldPath") => Plain(label),
        ("Event", "reason" or "reportingComponent" or "type") => Plain(label),
        ("Event", "source") => new(["source", "component"], "", Plain("reportingComponent")),
        ("Namespace", "status.phase") => Plain(label),
        ("Namespace", "name") => Plain("metadata.name"),
        ("Secret", "type") => Plain(label),
        ("ReplicaSet", "status.replicas") => Plain(label, "0"),
        ("Service", "spec.clusterIP" or "spec.type") => Plain(label),
        _ => null,
    };

    private static SelectableField Plain(string label, string absent = "") => new(label.Split('.'), absent);
}
