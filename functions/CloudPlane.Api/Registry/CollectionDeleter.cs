using System.Text;
using CloudPlane.Schema;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>DELETE of a collection: each object that the selectors match, one by one.</summary>
internal sealed class CollectionDeleter(Lister lister, Deleter deleter, Catalog catalog)
{
    public async ValueTask DeleteAsync(Operation operation)
    {
        var options = await DeleteOptions.ReadAsync(operation, catalog);
        var request = ListRequest.Parse(operation.Query) with { AtRevision = null };
        var parts = new List<ReadOnlyMemory<byte>>();
        await foreach (var found in lister.ReadAsync(operation, Selection.Of(operation), request))
        {
            if (parts.Count == 0)
                parts.Add(Head(operation, found.Revision));
            foreach (var item in found.Items)
            {
                if (await DeleteOneAsync(operation, item.Key, options) is not { } deleted)
                    continue;
                if (parts.Count > 1)
                    parts.Add(","u8.ToArray());
                parts.Add(deleted.Document);
            }
        }

        parts.Add("]}"u8.ToArray());
        await Responder.PartsAsync(operation, parts);
    }

    private static byte[] Head(Operation operation, long revision) => Encoding.UTF8.GetBytes(
        $"{{\"kind\":\"{operation.Resource.ListKind}\",\"apiVersion\":\"{operation.Resource.ApiVersion}\",\"metadata\":{{\"resourceVersion\":\"{revision}\"}},\"items\":[");

    private async ValueTask<Deleted?> DeleteOneAsync(Operation operation, ObjectKey key, DeleteOptions options)
    {
        try
        {
            return await deleter.DeleteAsync(operation, key, options);
        }
        catch (ApiStatusException e) when (e.Code == 404)
        {
            // Somebody else was faster: it is gone, which is what was asked for.
            return null;
        }
    }
}
