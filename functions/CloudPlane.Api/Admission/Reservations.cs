using System.Text.Json.Nodes;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>Who holds a reservation.</summary>
internal sealed record Holder(ObjectKey Service, string Uid);

/// <summary>
/// Values that only one service of a cluster may have, as records in a partition of their own: the value is the key, so two instances of
/// the API can't hand out the same one.
/// </summary>
/// <param name="holds">Whether a service's document really uses a value: a record whose service does not is left over from a crash.</param>
internal sealed class Reservations(IStateStore store, string resource, IdSource ids, TimeProvider time, Func<JsonObject, string, bool> holds)
{
    // The record comes before the service: only a record older than this may be a leftover.
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromMinutes(1);

    /// <summary>Reserves a value; false when another service has it.</summary>
    public async ValueTask<bool> TryTakeAsync(string cluster, string value, Holder holder, CancellationToken cancellationToken)
    {
        var record = Record(value, holder);
        var result = await store.WriteAsync(Partition(cluster), new Write(Key(value), 0, record, false, ids.NewUid()), cancellationToken);
        if (result.Outcome == WriteOutcome.Committed)
            return true;
        if (result.Object is not { } present)
            return false;
        var document = Documents.Parse(present.Document);
        if (document.Text("uid") == holder.Uid)
            return true;
        if (!await IsLeftoverAsync(cluster, value, document, cancellationToken))
            return false;
        var taken = await store.WriteAsync(Partition(cluster), new Write(Key(value), present.Revision, record, false, ids.NewUid()), cancellationToken);
        return taken.Outcome == WriteOutcome.Committed;
    }

    /// <summary>Whether <see cref="TryTakeAsync"/> would reserve it; writes nothing.</summary>
    public async ValueTask<bool> IsFreeAsync(string cluster, string value, Holder holder, CancellationToken cancellationToken)
    {
        if (await store.GetAsync(Partition(cluster), Key(value), cancellationToken) is not { } present)
            return true;
        var document = Documents.Parse(present.Document);
        return document.Text("uid") == holder.Uid || await IsLeftoverAsync(cluster, value, document, cancellationToken);
    }

    /// <summary>Gives a value back, if it is this holder's.</summary>
    public async ValueTask ReleaseAsync(string cluster, string value, Holder holder, CancellationToken cancellationToken)
    {
        var present = await store.GetAsync(Partition(cluster), Key(value), cancellationToken);
        if (present is null || Documents.Parse(present.Document).Text("uid") != holder.Uid)
            return;
        // A lost race means that somebody else took care of it.
        await store.WriteAsync(Partition(cluster), new Write(Key(value), present.Revision, Record(value, holder), true, ids.NewUid()), cancellationToken);
    }

    private async ValueTask<bool> IsLeftoverAsync(string cluster, string value, JsonObject record, CancellationToken cancellationToken)
    {
        if (record.Time("since") is { } since && time.GetUtcNow() - since < LeftoverAge)
            return false;
        var service = await store.GetAsync(new Partition(cluster, "services"), new ObjectKey(record.Text("namespace"), record.Text("name")), cancellationToken);
        if (service is null)
            return true;
        var document = Documents.Parse(service.Document);
        return document.Metadata().Text("uid") != record.Text("uid") || !holds(document, value);
    }

    private DocumentTemplate Record(string value, Holder holder) => Documents.Encode(new JsonObject
    {
        ["metadata"] = new JsonObject { ["name"] = value },
        ["namespace"] = holder.Service.Namespace,
        ["name"] = holder.Service.Name,
        ["uid"] = holder.Uid,
        ["since"] = JsonFields.Timestamp(time.GetUtcNow()),
    });

    private Partition Partition(string cluster) => new(cluster, resource);

    private static ObjectKey Key(string value) => new("", value);
}
