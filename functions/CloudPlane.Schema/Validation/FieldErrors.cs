using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>Collects faults, each formatted as k8s.io/apimachinery/pkg/util/validation/field formats it.</summary>
internal sealed class FieldErrors
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<FieldError> _errors = [];

    public IReadOnlyList<FieldError> All => _errors;

    public int Count => _errors.Count;

    public void Required(FieldPath path, string detail = "") => Add(FieldErrorType.FieldValueRequired, path, "Required value", detail);

    public void Forbidden(FieldPath path, string detail) => Add(FieldErrorType.FieldValueForbidden, path, "Forbidden", detail);

    public void Invalid(FieldPath path, JsonNode? value, string detail) =>
        Add(FieldErrorType.FieldValueInvalid, path, $"Invalid value: {Format(value)}", detail);

    /// <summary>One error for each of the messages that a name check gives.</summary>
    public void Invalid(FieldPath path, string? value, IEnumerable<string> details)
    {
        foreach (var detail in details)
            Invalid(path, value ?? "", detail);
    }

    /// <summary>The same for a number.</summary>
    public void Number(FieldPath path, long value, IEnumerable<string> details)
    {
        foreach (var detail in details)
            Invalid(path, value, detail);
    }

    public void NotSupported(FieldPath path, string value, IEnumerable<string> supported) =>
        Add(FieldErrorType.FieldValueNotSupported, path, $"Unsupported value: {GoText.Quote(value)}",
            "supported values: " + string.Join(", ", supported.Select(GoText.Quote)));

    public void Duplicate(FieldPath path, JsonNode? value) => Add(FieldErrorType.FieldValueDuplicate, path, $"Duplicate value: {Format(value)}");

    public void NotFound(FieldPath path, string value) => Add(FieldErrorType.FieldValueNotFound, path, $"Not found: {GoText.Quote(value)}");

    public void TooLong(FieldPath path, int bytes) => Add(FieldErrorType.FieldValueTooLong, path, "Too long", $"may not be more than {bytes} bytes");

    public void TooMany(FieldPath path, int actual, int most) =>
        Add(FieldErrorType.FieldValueTooMany, path, $"Too many: {actual}", $"must have at most {most} items");

    private void Add(FieldErrorType type, FieldPath path, string body, string detail = "") =>
        _errors.Add(new FieldError(type, path.ToString(), detail.Length == 0 ? body : $"{body}: {detail}"));

    private static string Format(JsonNode? value) => value switch
    {
        null => "null",
        JsonValue v when v.TryGetValue(out string? text) => GoText.Quote(text),
        _ => value.ToJsonString(Plain),
    };
}
