using CloudPlane.Schema;

namespace CloudPlane.Api;

/// <summary>POST pods/{name}/eviction: a delete by another name, since there are no disruption budgets to ask.</summary>
internal sealed class EvictionSubresource(Catalog catalog, Deleter deleter)
{
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
        await deleter.DeleteAsync(operation, operation.Key, options with { DryRun = options.DryRun || query.DryRun });
        await Responder.BytesAsync(operation, StatusDocuments.Success(null, 201), status: 201);
    }
}
