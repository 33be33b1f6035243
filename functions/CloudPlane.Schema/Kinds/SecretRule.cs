using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

internal sealed class SecretRule : KindRule
{
    private const string ServiceAccountName = "kubernetes.io/service-account.name";

    public override void Validate(JsonObject document, FieldErrors errors)
    {
        var data = document.Object("data") ?? [];
        var path = FieldPath.Root("data");
        foreach (var (key, _) in data)
            errors.Invalid(path.Key(key), key, NameRules.ConfigMapKey(key));
        if (data.Sum(d => DecodedLength(d.Value.AsText() ?? "")) > ConfigMapRule.MaxBytes)
            errors.TooLong(path, ConfigMapRule.MaxBytes);
        Typed(document, data, path, errors);
    }

    public override void ValidateUpdate(JsonObject document, JsonObject stored, FieldErrors errors)
    {
        MetadataValidation.Immutable(document["type"], stored["type"], FieldPath.Root("type"), errors);
        ConfigMapRule.ValidateImmutable(document, stored, ["data"], errors);
    }

    /// <summary>How many bytes base64 text stands for.</summary>
    internal static long DecodedLength(string base64) => ((base64.Length / 4) * 3) - (base64.EndsWith("==", StringComparison.Ordinal) ? 2 : base64.EndsWith('=') ? 1 : 0);

    private static void Typed(JsonObject document, JsonObject data, FieldPath path, FieldErrors errors)
    {
        switch (document.Text("type"))
        {
            case "kubernetes.io/service-account-token" when document.Object("metadata").Object("annotations").Text(ServiceAccountName) is null or "":
                errors.Required(FieldPath.Root("metadata").Child("annotations").Key(ServiceAccountName));
                break;
            case "kubernetes.io/dockercfg":
                DockerConfig(data, ".dockercfg", path, errors);
                break;
            case "kubernetes.io/dockerconfigjson":
                DockerConfig(data, ".dockerconfigjson", path, errors);
                break;
            case "kubernetes.io/basic-auth" when !data.ContainsKey("username") && !data.ContainsKey("password"):
                errors.Required(path.Key("username"));
                errors.Required(path.Key("password"));
                break;
            case "kubernetes.io/ssh-auth" when data.Text("ssh-privatekey") is null or "":
                errors.Required(path.Key("ssh-privatekey"));
                break;
            case "kubernetes.io/tls":
                foreach (var key in (string[])["tls.crt", "tls.key"])
                {
                    if (!data.ContainsKey(key))
                        errors.Required(path.Key(key));
                }

                break;
        }
    }

    private static void DockerConfig(JsonObject data, string key, FieldPath path, FieldErrors errors)
    {
        if (data.Text(key) is not { } encoded)
        {
            errors.Required(path.Key(key));
            return;
        }

        // Neither the contents nor the parser's view of them may get into the error.
        try
        {
            using var parsed = JsonDocument.Parse(Convert.FromBase64String(encoded));
            if (parsed.RootElement.ValueKind is JsonValueKind.Object or JsonValueKind.Null)
                return;
        }
        catch (JsonException)
        {
        }

        errors.Invalid(path.Key(key), "<secret contents redacted>", "not a JSON object");
    }
}
