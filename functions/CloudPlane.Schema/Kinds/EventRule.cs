using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

internal sealed class EventRule : KindRule
{
    // Events are named after their object and a time, whatever the object's kind allows.
    public override IEnumerable<string> NameErrors(string name)
    {
        if (name is "." or "..")
            yield return $"may not be '{name}'";
        foreach (var c in "/%")
        {
            if (name.Contains(c))
                yield return $"may not contain '{c}'";
        }
    }

    public override void Validate(JsonObject document, FieldErrors errors)
    {
        var ns = document["metadata"].Text("namespace") ?? "";
        var involved = document["involvedObject"].Text("namespace") ?? "";
        // What happened to a cluster-scoped object is told in the namespace default.
        if (involved.Length == 0 ? ns is not ("" or "default") : involved != ns)
            errors.Invalid(FieldPath.Root("involvedObject").Child("namespace"), involved, "does not match event.namespace");
    }
}
