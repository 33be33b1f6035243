using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>GET of one object: its stored bytes.</summary>
internal sealed class Getter(IStateStore store, Freshness freshness, Responder responder)
{
    public async ValueTask GetAsync(Operation operation)
    {
        if (Freshness.Parse(operation.Query.Text("resourceVersion")) is > 0 and var revision)
            await freshness.WaitAsync(operation.Partition, revision, operation.Aborted);
        var found = await store.GetAsync(operation.Partition, operation.Key, operation.Aborted)
            ?? throw ApiErrors.NotFound(operation.Resource, operation.Name);
        await responder.ObjectAsync(operation, found.Document);
    }
}
