using CloudPlane.Schema;

namespace CloudPlane.Api;

internal enum FieldValidation { Warn, Strict, Ignore }

/// <summary>The query options of a write.</summary>
internal sealed record WriteOptions(bool DryRun, FieldValidation FieldValidation)
{
    /// <param name="kind">"CreateOptions", "UpdateOptions" or "PatchOptions": named in errors.</param>
    public static WriteOptions Parse(QueryParameters query, string kind) =>
        new(ParseDryRun(query["dryRun"], kind), query.Text("fieldValidation") switch
        {
            "" or "Warn" => FieldValidation.Warn,
            "Strict" => FieldValidation.Strict,
            "Ignore" => FieldValidation.Ignore,
            var other => throw Unsupported(kind, "fieldValidation", other, "\"Ignore\", \"Strict\", \"Warn\""),
        });

    public static bool ParseDryRun(string? value, string kind) => value switch
    {
        null or "" => false,
        "All" => true,
        _ => throw Unsupported(kind, "dryRun", value, "\"All\""),
    };

    private static ApiStatusException Unsupported(string kind, string field, string value, string supported) => ApiErrors.InvalidOption(
        kind, FieldErrorType.FieldValueNotSupported, field, $"Unsupported value: {GoText.Quote(value)}: supported values: {supported}");
}
