using System.Text;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

internal sealed class ConfigMapRule : KindRule
{
    internal const int MaxBytes = 1024 * 1024;

    public override void Validate(JsonObject document, FieldErrors errors)
    {
        long size = 0;
        foreach (var (key, value) in document.Object("data") ?? [])
        {
            var path = FieldPath.Root("data").Key(key);
            errors.Invalid(path, key, NameRules.ConfigMapKey(key));
            if (document.Object("binaryData") is { } binary && binary.ContainsKey(key))
                errors.Invalid(path, key, "duplicate of key present in binaryData");
            size += Encoding.UTF8.GetByteCount(value.AsText() ?? "");
        }

        foreach (var (key, value) in document.Object("binaryData") ?? [])
        {
            errors.Invalid(FieldPath.Root("binaryData").Key(key), key, NameRules.ConfigMapKey(key));
            size += SecretRule.DecodedLength(value.AsText() ?? "");
        }

        if (size > MaxBytes)
            errors.TooLong(FieldPath.Root(""), MaxBytes);
    }

    public override void ValidateUpdate(JsonObject document, JsonObject stored, FieldErrors errors) =>
        ValidateImmutable(document, stored, ["data", "binaryData"], errors);

    internal static void ValidateImmutable(JsonObject document, JsonObject stored, string[] fields, FieldErrors errors)
    {
        const string Fault = "field is immutable when `immutable` is set";
        if (!stored.Flag("immutable"))
            return;
        if (!document.Flag("immutable"))
            errors.Forbidden(FieldPath.Root("immutable"), Fault);
        foreach (var field in fields)
        {
            if (!JsonNode.DeepEquals(document[field], stored[field]))
                errors.Forbidden(FieldPath.Root(field), Fault);
        }
    }
}
