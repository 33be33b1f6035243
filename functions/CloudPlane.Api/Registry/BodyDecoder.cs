using System.Text.Json;
using System.Text.Json.Nodes;
using CloudPlane.Schema;

namespace CloudPlane.Api;

/// <summary>A request's body as a document of the expected kind, with the API server's errors for one that is not.</summary>
internal static class BodyDecoder
{
    /// <summary>Decodes, prunes, and says what strict decoding says in the way that the caller asked for.</summary>
    public static JsonObject Decode(Operation operation, ExpectedKind expected, ReadOnlyMemory<byte> json, FieldValidation validation)
    {
        var found = TypeMeta.Peek(json.Span);
        if (found.Error is not null)
        {
            throw ApiErrors.BadRequest(
                $"the object provided is unrecognized (must be of type {expected.Kind}): couldn't get version/kind; json parse error: {found.Error} ({RequestBody.Summarize(json.Span)})");
        }

        CheckType(expected, found);
        var decoded = ObjectDecoder.Decode(expected.Schema, json.Span);
        var document = decoded.Object ?? throw Unhandled(expected, found, decoded.Error ?? "malformed", json.Span);
        Report(operation, expected, decoded.StrictErrors, validation);
        document["apiVersion"] = expected.ApiVersion;
        document["kind"] = expected.Kind;
        return document;
    }

    /// <summary>Unknown and duplicate fields: an error, warnings or nothing.</summary>
    public static void Report(Operation operation, ExpectedKind expected, IReadOnlyList<string> strictErrors, FieldValidation validation)
    {
        if (strictErrors.Count == 0 || validation == FieldValidation.Ignore)
            return;
        if (validation == FieldValidation.Warn)
        {
            operation.Warnings.AddRange(strictErrors);
            return;
        }

        throw ApiErrors.BadRequest(
            $"{expected.Kind} in version \"{expected.Version}\" cannot be handled as a {expected.Kind}: strict decoding error: {string.Join(", ", strictErrors)}");
    }

    private static void CheckType(ExpectedKind expected, TypeMeta found)
    {
        if (found.ApiVersion.Length > 0 && found.ApiVersion != expected.ApiVersion)
        {
            throw ApiErrors.BadRequest(
                $"the API version in the data ({found.ApiVersion}) does not match the expected API version ({expected.ApiVersion})");
        }

        if (found.Kind.Length > 0 && found.Kind != expected.Kind)
        {
            throw ApiErrors.BadRequest(
                $"{found.Kind} in version \"{expected.Version}\" cannot be handled as a {expected.Kind}: the kind in the data ({found.Kind}) does not match the expected kind ({expected.Kind})");
        }
    }

    private static ApiStatusException Unhandled(ExpectedKind expected, TypeMeta found, string error, ReadOnlySpan<byte> json) => found.Kind.Length > 0
        ? ApiErrors.BadRequest($"{found.Kind} in version \"{expected.Version}\" cannot be handled as a {expected.Kind}: {error}")
        : ApiErrors.BadRequest($"the object provided is unrecognized (must be of type {expected.Kind}): {error} ({RequestBody.Summarize(json)})");
}

/// <summary>What kind a body must be.</summary>
internal sealed record ExpectedKind(string Group, string Version, string Kind, ObjectSchema Schema)
{
    public static ExpectedKind Of(ResourceType resource) => new(resource.Group, resource.Version, resource.Kind, resource.Schema);

    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";
}

/// <summary>A body's apiVersion and kind, read without decoding the rest.</summary>
internal readonly record struct TypeMeta(string ApiVersion, string Kind, string? Error)
{
    public static TypeMeta Peek(ReadOnlySpan<byte> json)
    {
        try
        {
            return Read(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return new("", "", e is JsonException ? Position(e.Message) : "invalid text in apiVersion or kind");
        }
    }

    private static TypeMeta Read(ReadOnlySpan<byte> json)
    {
        string version = "", kind = "";
        var reader = new Utf8JsonReader(json);
        if (!reader.Read())
            return new("", "", "unexpected end of JSON input");
        if (reader.TokenType != JsonTokenType.StartObject)
            return new("", "", "json: cannot unmarshal " + (reader.TokenType == JsonTokenType.StartArray ? "array" : "value") + " into Go value of type struct");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isVersion = reader.ValueTextEquals("apiVersion"u8);
            var isKind = reader.ValueTextEquals("kind"u8);
            reader.Read();
            if ((isVersion || isKind) && reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null))
                return new("", "", $"json: cannot unmarshal {Go(reader.TokenType)} into Go struct field .{(isKind ? "kind" : "apiVersion")} of type string");
            if (isVersion)
                version = reader.GetString() ?? "";
            else if (isKind)
                kind = reader.GetString() ?? "";
            else
                reader.Skip();
        }

        // Whatever follows the object is an error too.
        return reader.Read() ? new("", "", "invalid character after top-level value") : new(version, kind, null);
    }

    private static string Go(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "object",
        JsonTokenType.StartArray => "array",
        JsonTokenType.Number => "number",
        _ => "bool",
    };

    /// <summary>The reader's message without the advice that is only for programmers.</summary>
    private static string Position(string message)
    {
        var end = message.IndexOf(" Change the reader options", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }
}
