using System.Text.Json.Nodes;
using CloudPlane.Schema;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>autoscaling/v1 Scale of a workload: its replicas alone, under the workload's own revision.</summary>
internal sealed class ScaleSubresource(IStateStore store, Catalog catalog, UpdateFlow flow, Responder responder)
{
    private const int Attempts = 10;

    public async ValueTask GetAsync(Operation operation)
    {
        var stored = await store.GetAsync(operation.Partition, operation.Key, operation.Aborted)
            ?? throw ApiErrors.NotFound(operation.Resource, operation.Name);
        await RespondAsync(operation, Documents.Parse(stored.Document));
    }

    public async ValueTask UpdateAsync(Operation operation)
    {
        var options = WriteOptions.Parse(operation.Query, "UpdateOptions");
        var body = await RequestBody.ReadJsonAsync(operation.Request, Expected.Schema, operation.Aborted);
        var scale = BodyDecoder.Decode(operation, Expected, body, options.FieldValidation);
        await ChangeAsync(operation, options.DryRun, Attempts, _ => scale);
    }

    public async ValueTask PatchAsync(Operation operation)
    {
        var type = Patcher.PatchTypeOf(operation.Request);
        var options = WriteOptions.Parse(operation.Query, "PatchOptions");
        var patch = await RequestBody.ReadAsync(operation.Request, operation.Aborted);
        await ChangeAsync(operation, options.DryRun, Attempts, workload => Patched(operation, type, workload, patch.Span, options.FieldValidation));
    }

    private ExpectedKind Expected => new("autoscaling", "v1", "Scale", catalog.Type("io.k8s.api.autoscaling.v1.Scale"));

    private JsonObject Patched(Operation operation, string type, JsonObject workload, ReadOnlySpan<byte> patch, FieldValidation validation)
    {
        var decoded = ObjectDecoder.Decode(Expected.Schema, Patcher.Apply(type, Expected.Schema, ToScale(workload), patch));
        if (decoded.Object is null)
        {
            throw Patcher.Refused(patch, decoded.Error ?? "malformed");
        }

        Patcher.Report(operation, type, patch, decoded.StrictErrors, validation);
        return decoded.Object;
    }

    private async ValueTask ChangeAsync(Operation operation, bool dryRun, int attempts, Func<JsonObject, JsonObject> scaleOf)
    {
        var stored = await flow.RunAsync(operation, new UpdateKind(null, Insists: true, attempts), dryRun, workload =>
        {
            var scale = scaleOf(workload);
            Check(operation, scale);
            var changed = workload.DeepClone().AsObject();
            changed.Metadata()["resourceVersion"] = scale.Object("metadata").Text("resourceVersion");
            changed.Child("spec")["replicas"] = scale.Object("spec").Number("replicas") ?? 0;
            return changed;
        });
        await RespondAsync(operation, Documents.Parse(stored));
    }

    private static void Check(Operation operation, JsonObject scale)
    {
        var name = scale.Object("metadata").Text("name");
        if (name.Length > 0 && name != operation.Name)
            throw ApiErrors.BadRequest($"the name of the object ({name}) does not match the name on the URL ({operation.Name})");
        if (scale.Object("spec").Number("replicas") is < 0 and var replicas)
        {
            throw ApiErrors.Invalid("autoscaling", "Scale", operation.Name, [new FieldError(FieldErrorType.FieldValueInvalid, "spec.replicas",
                $"Invalid value: {replicas}: must be greater than or equal to 0")]);
        }
    }

    private ValueTask RespondAsync(Operation operation, JsonObject workload) => responder.ObjectAsync(operation, Documents.ToBytes(ToScale(workload)));

    private static JsonObject ToScale(JsonObject workload)
    {
        var metadata = new JsonObject();
        foreach (var name in (ReadOnlySpan<string>)["name", "namespace", "uid", "resourceVersion", "creationTimestamp"])
        {
            if (workload.Metadata()[name] is { } value)
                metadata[name] = value.DeepClone();
        }

        var status = new JsonObject { ["replicas"] = workload.Object("status").Number("replicas") ?? 0 };
        if (SelectorText(workload.Object("spec").Object("selector")) is { Length: > 0 } selector)
            status["selector"] = selector;
        var spec = new JsonObject();
        // Zero is left out, as Go's omitempty does.
        if (workload.Object("spec").Number("replicas") is not (null or 0) and var replicas)
            spec["replicas"] = replicas;
        return new JsonObject { ["kind"] = "Scale", ["apiVersion"] = "autoscaling/v1", ["metadata"] = metadata, ["spec"] = spec, ["status"] = status };
    }

    /// <summary>metav1.LabelSelector in query form, sorted by key.</summary>
    private static string SelectorText(JsonObject? selector)
    {
        var terms = (selector.Object("matchLabels") ?? []).Select(l => (l.Key, Text: $"{l.Key}={selector.Object("matchLabels").Text(l.Key)}"))
            .Concat(selector.Objects("matchExpressions").Select(e => (Key: e.Text("key"), Text: Term(e))));
        return string.Join(",", terms.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => t.Text));
    }

    private static string Term(JsonObject expression)
    {
        var key = expression.Text("key");
        var values = string.Join(",", expression.Texts("values").Order(StringComparer.Ordinal));
        return expression.Text("operator") switch
        {
            "In" => $"{key} in ({values})",
            "NotIn" => $"{key} notin ({values})",
            "DoesNotExist" => $"!{key}",
            _ => key,
        };
    }
}
