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
        if (type is "application/json-patch+json" or "application/merge-patch+json" or "application/strategic-merge-patch+json")
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
                "application/json-patch+json" => JsonPatch.Apply(document, patch),
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
            throw ApiErrors.Invalid("", "", "", [new FieldError(FieldErrorType.FieldValueInvalid, "patch",
                $"Invalid value: {GoText.Quote(Encoding.UTF8.GetString(patch))}: {decoded.Error}")]);
        }

        // A retry reports the same again: once is enough.
        if (operation.Warnings.Count == 0)
            BodyDecoder.Report(operation, ExpectedKind.Of(operation.Resource), decoded.StrictErrors, validation);
        CheckType(operation, decoded.Object);
        return decoded.Object;
    }

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
