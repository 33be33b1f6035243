using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CloudPlane.Schema;

namespace CloudPlane.Api;

/// <summary>PATCH of an object or of its status, in the three types that need no field ownership.</summary>
internal sealed class Patcher(UpdateFlow flow, Responder responder)
{
    // kube-apiserver's MaxRetryWhenPatchConflicts.
    private const int Attempts = 5;
    private const string JsonPatchType = "application/json-patch+json";
    private const string Accepted = "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json";

    public async ValueTask PatchAsync(Operation operation)
    {
        var type = PatchTypeOf(operation.Request);
        var options = WriteOptions.Parse(operation.Query, "PatchOptions");
        var patch = await RequestBody.ReadAsync(operation.Request, operation.Aborted);
        var kind = new UpdateKind(operation.Subresource?.Name, Insists: PatchesRevision(patch), Attempts);
        var stored = await flow.RunAsync(operation, kind, options.DryRun, before => Apply(operation, type, before, patch.Span, options.FieldValidation));
        await responder.ObjectAsync(operation, stored);
    }

    /// <summary>The document's patch type; 415 for others, server-side apply among them.</summary>
    public static string PatchTypeOf(ApiRequest request)
    {
        var type = RequestBody.MediaType(request.ContentType);
        if (type is JsonPatchType or "application/merge-patch+json" or "application/strategic-merge-patch+json")
            return type;
        throw ApiErrors.UnsupportedMediaType($"the body of the request was in an unknown format - accepted media types include: {Accepted}");
    }

    /// <summary>Applies one patch to a document of any schema; the result is not decoded yet.</summary>
    public static JsonNode? Apply(string type, ObjectSchema schema, JsonObject document, ReadOnlySpan<byte> patch)
    {
        try
        {
            return type switch
            {
                JsonPatchType => JsonPatch.Apply(document, patch),
                "application/merge-patch+json" => JsonMergePatch.Apply(document, patch),
                _ => StrategicMergePatch.Apply(schema, document, patch),
            };
        }
        catch (JsonException e)
        {
            throw ApiErrors.BadRequest(e.Message);
        }
    }

    private static JsonObject Apply(Operation operation, string type, JsonObject before, ReadOnlySpan<byte> patch, FieldValidation validation)
    {
        var patched = Apply(type, operation.Resource.Schema, before, patch);
        var decoded = ObjectDecoder.Decode(operation.Resource.Schema, patched);
        if (decoded.Object is null)
        {
            throw Refused(patch, decoded.Error ?? "malformed");
        }

        Report(operation, type, patch, decoded.StrictErrors, validation);
        CheckType(operation, decoded.Object);
        return decoded.Object;
    }

    /// <summary>Unknown fields of what the patch makes, and those that the patch itself has twice: an error, warnings or nothing.</summary>
    public static void Report(Operation operation, string type, ReadOnlySpan<byte> patch, IReadOnlyList<string> strictErrors, FieldValidation validation)
    {
        IReadOnlyList<string> all = type == JsonPatchType ? strictErrors : [.. PatchBody.DuplicateFields(patch), .. strictErrors];
        if (all.Count == 0 || validation == FieldValidation.Ignore)
            return;
        if (validation == FieldValidation.Strict)
            throw Refused(patch, $"strict decoding error: {string.Join(", ", all)}");
        // A retry reports the same again: once is enough.
        if (operation.Warnings.Count == 0)
            operation.Warnings.AddRange(all);
    }

    /// <summary>422: what the patch makes is no such object.</summary>
    public static ApiStatusException Refused(ReadOnlySpan<byte> patch, string why) => ApiErrors.Invalid(
        "", "", "", [new FieldError(FieldErrorType.FieldValueInvalid, "patch", $"Invalid value: {GoText.Quote(Encoding.UTF8.GetString(patch))}: {why}")]);

    private static void CheckType(Operation operation, JsonObject document)
    {
        if (document.Text("apiVersion") != operation.Resource.ApiVersion || document.Text("kind") != operation.Resource.Kind)
        {
            throw ApiErrors.BadRequest(
                $"the patch changes the type of the object to apiVersion {GoText.Quote(document.Text("apiVersion"))}, kind {GoText.Quote(document.Text("kind"))}");
        }
    }

    /// <summary>Whether the patch itself names a revision: only then is a lost race the caller's conflict. A JSON patch that tests it fails by itself.</summary>
    private static bool PatchesRevision(ReadOnlyMemory<byte> patch) => patch.Span.IndexOf("\"resourceVersion\""u8) >= 0;
}
