using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

internal static class SecurityContextValidation
{
    public static void Validate(JsonObject? context, FieldPath path, FieldErrors errors)
    {
        Id(context, "runAsUser", path, errors);
        Id(context, "runAsGroup", path, errors);
        Seccomp(context, path, errors);
        if (context?["allowPrivilegeEscalation"] is not { } escalation || context.Flag("allowPrivilegeEscalation"))
            return;
        if (context.Flag("privileged"))
            errors.Invalid(path, context, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
        if (context.Object("capabilities").Texts("add").Any(c => c is "CAP_SYS_ADMIN"))
            errors.Invalid(path, context, $"cannot set `allowPrivilegeEscalation` to {escalation} and `capabilities.Add` CAP_SYS_ADMIN");
    }

    /// <summary>A user or group id: what fits Linux' signed 32 bits.</summary>
    public static void Id(JsonObject? context, string name, FieldPath path, FieldErrors errors)
    {
        if (context.Number(name) is < 0 or > int.MaxValue)
            errors.Invalid(path.Child(name), context![name], NameRules.InclusiveRange(0, int.MaxValue));
    }

    public static void Seccomp(JsonObject? context, FieldPath path, FieldErrors errors)
    {
        if (context.Object("seccompProfile") is not { } profile)
            return;
        var own = path.Child("seccompProfile");
        var isLocal = profile.Text("type") == "Localhost";
        if (profile.Text("type") is null or "")
            errors.Required(own.Child("type"), "type is required when seccompProfile is set");
        else if (isLocal && !profile.Has("localhostProfile"))
            errors.Required(own.Child("localhostProfile"), "must be set when seccomp type is Localhost");
        else if (!isLocal && profile.Has("localhostProfile"))
            errors.Invalid(own.Child("localhostProfile"), profile["localhostProfile"], "can only be set when seccomp type is Localhost");
    }
}
