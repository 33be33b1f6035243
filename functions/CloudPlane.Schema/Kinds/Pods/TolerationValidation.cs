using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

internal static class TolerationValidation
{
    public static void Validate(JsonObject spec, FieldPath path, FieldErrors errors)
    {
        foreach (var (toleration, i) in spec.Items("tolerations"))
            Toleration(toleration, path.Index(i), errors);
    }

    private static void Toleration(JsonObject toleration, FieldPath path, FieldErrors errors)
    {
        var (key, op, value) = (toleration.Text("key") ?? "", toleration.Text("operator") ?? "", toleration.Text("value") ?? "");
        if (key.Length > 0)
            errors.Invalid(path.Child("key"), key, NameRules.QualifiedName(key));
        else if (op != "Exists")
        {
            errors.Invalid(path.Child("operator"), op,
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"");
        }

        if (toleration.Has("tolerationSeconds") && toleration.Text("effect") != "NoExecute")
        {
            errors.Invalid(path.Child("effect"), toleration.Text("effect") ?? "",
                "effect must be 'NoExecute' when `tolerationSeconds` is set");
        }

        if (op is "Equal" or "")
            errors.Invalid(path.Child("operator"), value, NameRules.LabelValue(value));
        else if (op == "Exists" && value.Length > 0)
            errors.Invalid(path.Child("operator"), toleration, "value must be empty when `operator` is 'Exists'");
    }
}
