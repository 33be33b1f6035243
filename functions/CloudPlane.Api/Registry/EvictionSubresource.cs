using System.Text.Json.Nodes;
using CloudPlane.Schema;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>POST pods/{name}/eviction: a delete by another name, since there are no disruption budgets to ask.</summary>
internal sealed class EvictionSubresource(IStateStore store, Catalog catalog, Deleter deleter, IdSource ids, TimeProvider time)
{
    private const int Attempts = 10;

    public async ValueTask CreateAsync(Operation operation)
    {
        var query = WriteOptions.Parse(operation.Query, "CreateOptions");
        var expected = new ExpectedKind("policy", "v1", "Eviction", catalog.Type("io.k8s.api.policy.v1.Eviction"));
        var body = await RequestBody.ReadJsonAsync(operation.Request, expected.Schema, operation.Aborted);
        var eviction = BodyDecoder.Decode(operation, expected, body, query.FieldValidation);
        var metadata = eviction.Metadata();
        if (metadata.Text("name") is { Length: > 0 } name && name != operation.Name)
            throw ApiErrors.BadRequest("name in URL does not match name in Eviction object");
        if (metadata.Text("namespace") is { Length: > 0 } space && space != operation.Namespace)
            throw ApiErrors.BadRequest("the namespace of the provided object does not match the namespace sent on the request");

        var options = DeleteOptions.FromDocument(eviction.Object("deleteOptions"));
        options = options with { DryRun = options.DryRun || query.DryRun };
        // Who asks for one revision would not get it after we have changed the pod.
        if (!options.DryRun && options.ResourceVersion.Length == 0)
            await MarkAsync(operation, options.Uid);
        await deleter.DeleteAsync(operation, operation.Key, options);
        await Responder.BytesAsync(operation, StatusDocuments.Success(null, 201), status: 201);
    }

    /// <summary>Says in the pod why it is about to end (KEP-3329). One that is not there, or not the one that is meant, the deletion refuses.</summary>
    private async ValueTask MarkAsync(Operation operation, string uid)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await store.GetAsync(operation.Partition, operation.Key, operation.Aborted) is not { } stored)
                return;
            var pod = Documents.Parse(stored.Document);
            var metadata = pod.Metadata();
            if (metadata.Text("deletionTimestamp").Length > 0 || (uid.Length > 0 && uid != metadata.Text("uid")))
                return;
            var status = pod.Child("status");
            if (status["conditions"] is not JsonArray conditions)
                status["conditions"] = conditions = [];
            conditions.RemoveAll(condition => condition is JsonObject other && other.Text("type") == "DisruptionTarget");
            conditions.Add((JsonNode)new JsonObject
            {
                ["type"] = "DisruptionTarget",
                ["status"] = "True",
                ["lastTransitionTime"] = JsonFields.Timestamp(time.GetUtcNow()),
                ["reason"] = "EvictionByEvictionAPI",
                ["message"] = "Eviction API: evicting",
            });
            var write = new Write(operation.Key, stored.Revision, Documents.Encode(pod), false, ids.NewUid()) { Current = stored.Document };
            if ((await store.WriteAsync(operation.Partition, write, operation.Aborted)).Outcome == WriteOutcome.Committed)
                return;
        }
    }
}
