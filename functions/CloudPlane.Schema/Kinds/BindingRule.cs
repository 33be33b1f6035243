using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

internal sealed class BindingRule : KindRule
{
    public override void Validate(JsonObject document, FieldErrors errors)
    {
        var path = FieldPath.Root("target");
        if (document["target"].Text("kind") is { Length: > 0 } kind && kind != "Node")
            errors.NotSupported(path.Child("kind"), kind, ["Node", "<empty>"]);
        if (document["target"].Text("name") is null or "")
            errors.Required(path.Child("name"));
    }
}
