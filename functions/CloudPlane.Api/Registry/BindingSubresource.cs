using System.Text.Json.Nodes;
using CloudPlane.Schema;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>POST pods/{name}/binding and POST bindings: gives a pod its node.</summary>
internal sealed class BindingSubresource(IStateStore store, Catalog catalog, IdSource ids, TimeProvider time)
{
    private const int Attempts = 10;

    public async ValueTask CreateAsync(Operation operation)
    {
        var options = WriteOptions.Parse(operation.Query, "CreateOptions");
        var expected = ExpectedKind.Of(catalog.FindKind("", "v1", "Binding")!);
        var body = await RequestBody.ReadJsonAsync(operation.Request, expected.Schema, operation.Aborted);
        var binding = BodyDecoder.Decode(operation, expected, body, options.FieldValidation);
        var pods = catalog.Find("", "v1", "pods")!;
        var name = operation.Name.Length > 0 ? operation.Name : binding.Object("metadata").Text("name");
        Check(binding, name, operation.Namespace);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await BindAsync(operation, pods, new ObjectKey(operation.Namespace, name), binding, options.DryRun))
            {
                await Responder.BytesAsync(operation, StatusDocuments.Success(null, 201), status: 201);
                return;
            }
        }

        throw ApiErrors.Modified(pods, name);
    }

    private static void Check(JsonObject binding, string name, string space)
    {
        var metadata = binding.Metadata();
        if (metadata.Text("name") is { Length: > 0 } given && given != name)
            throw ApiErrors.BadRequest("name in URL does not match name in Binding object");
        if (metadata.Text("namespace") is { Length: > 0 } otherSpace && otherSpace != space)
            throw ApiErrors.BadRequest("the namespace of the provided object does not match the namespace sent on the request");
        var target = binding.Object("target");
        var errors = new List<FieldError>();
        if (target.Text("kind") is not ("" or "Node") and var kind)
            errors.Add(new(FieldErrorType.FieldValueNotSupported, "target.kind", $"Unsupported value: {GoText.Quote(kind)}: supported values: \"Node\", \"<empty>\""));
        if (target.Text("name").Length == 0)
            errors.Add(new(FieldErrorType.FieldValueRequired, "target.name", "Required value"));
        if (errors.Count > 0)
            throw ApiErrors.Invalid("", "Binding", name, errors);
    }

    /// <summary>False when somebody changed the pod meanwhile.</summary>
    private async ValueTask<bool> BindAsync(Operation operation, ResourceType pods, ObjectKey key, JsonObject binding, bool dryRun)
    {
        var partition = new Partition(operation.Cluster, pods.StorageName);
        var stored = await store.GetAsync(partition, key, operation.Aborted) ?? throw ApiErrors.NotFound(pods, key.Name);
        var pod = Documents.Parse(stored.Document);
        CheckPod(pods, key.Name, pod, binding, stored.Revision);
        pod.Child("spec")["nodeName"] = binding.Object("target").Text("name");
        foreach (var (name, value) in binding.Metadata().Object("annotations") ?? [])
            pod.Metadata().Child("annotations")[name] = value?.DeepClone();
        SetScheduled(pod.Child("status"));
        if (dryRun)
            return true;
        var write = new Write(key, stored.Revision, Documents.Encode(pod), false, ids.NewUid()) { Current = stored.Document };
        var result = await store.WriteAsync(partition, write, operation.Aborted);
        if (result.Outcome == WriteOutcome.TooLarge)
            throw ApiErrors.TooLarge($"Pod {GoText.Quote(key.Name)} is larger than the state store can hold");
        return result.Outcome == WriteOutcome.Committed;
    }

    private static void CheckPod(ResourceType pods, string name, JsonObject pod, JsonObject binding, long revision)
    {
        var wanted = binding.Metadata();
        var uid = pod.Metadata().Text("uid");
        if (wanted.Text("uid") is { Length: > 0 } wantedUid && wantedUid != uid)
            throw Refuse($"Precondition failed: UID in precondition: {wantedUid}, UID in object meta: {uid}");
        if (wanted.Text("resourceVersion") is { Length: > 0 } wantedVersion && Freshness.Parse(wantedVersion) != revision)
            throw Refuse($"Precondition failed: ResourceVersion in precondition: {wantedVersion}, ResourceVersion in object meta: {revision}");
        if (pod.Metadata().Text("deletionTimestamp").Length > 0)
            throw Refuse($"pod {name} is being deleted, cannot be assigned to a host");
        if (pod.Object("spec").Text("nodeName") is { Length: > 0 } node)
            throw Refuse($"pod {name} is already assigned to node {GoText.Quote(node)}");
        if (pod.Object("spec").Objects("schedulingGates").Any())
            throw Refuse($"pod {name} has non-empty .spec.schedulingGates");

        ApiStatusException Refuse(string why) => ApiErrors.Conflict(pods, name, why, "binding");
    }

    private void SetScheduled(JsonObject status)
    {
        if (status["conditions"] is not JsonArray conditions)
            status["conditions"] = conditions = [];
        var scheduled = conditions.OfType<JsonObject>().FirstOrDefault(c => c.Text("type") == "PodScheduled");
        if (scheduled is null)
            conditions.Add((JsonNode)(scheduled = new JsonObject { ["type"] = "PodScheduled" }));
        if (scheduled.Text("status") != "True")
            scheduled["lastTransitionTime"] = JsonFields.Timestamp(time.GetUtcNow());
        scheduled["status"] = "True";
        scheduled.Remove("reason");
        scheduled.Remove("message");
    }
}
