using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>A container's requests and limits.</summary>
internal static class ResourceValidation
{
    public static void Validate(JsonObject? resources, FieldPath path, FieldErrors errors)
    {
        var (limits, requests) = (resources.Object("limits") ?? [], resources.Object("requests") ?? []);
        foreach (var (name, value) in limits)
            Amount(name, value.AsText() ?? "", path.Child("limits").Key(name), errors);
        foreach (var (name, value) in requests)
        {
            Amount(name, value.AsText() ?? "", path.Child("requests").Key(name), errors);
            Against(name, value.AsText() ?? "", limits.Text(name), path, errors);
        }
    }

    private static void Amount(string name, string value, FieldPath path, FieldErrors errors)
    {
        errors.Invalid(path, name, NameRules.QualifiedName(name));
        if (!name.Contains('/') && !IsStandard(name))
            errors.Invalid(path, name, "must be a standard resource for containers");
        if (!Quantity.TryParse(value, out var amount, out _))
            return;
        if (amount.Sign < 0)
            errors.Invalid(path, value, "must be greater than or equal to 0");
        if (IsWhole(name) && !amount.IsInteger)
            errors.Invalid(path, value, "must be an integer");
    }

    private static void Against(string name, string request, string? limit, FieldPath path, FieldErrors errors)
    {
        if (limit is null)
        {
            if (IsWhole(name))
                errors.Required(path.Child("limits"), "Limit must be set for non overcommitable resources");
            return;
        }

        if (!Quantity.TryParse(request, out var asked, out _) || !Quantity.TryParse(limit, out var most, out _))
            return;
        var order = asked.CompareTo(most);
        if (IsWhole(name) && order != 0)
            errors.Invalid(path.Child("requests"), request, $"must be equal to {name} limit of {limit}");
        else if (order > 0)
            errors.Invalid(path.Child("requests"), request, $"must be less than or equal to {name} limit of {limit}");
    }

    private static bool IsStandard(string name) => name is "cpu" or "memory" or "ephemeral-storage" || name.StartsWith("hugepages-", StringComparison.Ordinal);

    // Devices and huge pages: whole ones, and no more promised than there are.
    private static bool IsWhole(string name) => name.Contains('/') || name.StartsWith("hugepages-", StringComparison.Ordinal);
}
