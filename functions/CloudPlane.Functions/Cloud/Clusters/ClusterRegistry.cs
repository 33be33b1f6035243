using System.Collections.Concurrent;
using CloudPlane.Api;
using CloudPlane.Storage;

namespace CloudPlane.Functions;

/// <summary>
/// The clusters of a deployment: one small object each, in a table of the deployment's own. The cluster of the bare paths always exists.
/// </summary>
internal sealed class ClusterRegistry(IStateStore store, MasterSecret secret, TimeProvider time) : IClusterDirectory
{
    /// <summary>The cluster of the bare paths.</summary>
    public const string Default = "default";

    /// <summary>Where the deployment keeps what belongs to no cluster; no cluster can have this name.</summary>
    public const string Deployment = "cloudplane-deployment";

    // How long a deleted cluster may still be served by an instance that has not heard of it; its table refuses meanwhile.
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(1);

    private static readonly Partition Records = new(Deployment, "clusters");

    private readonly ConcurrentDictionary<string, KnownCluster> _known = new();

    /// <summary>
    /// The cluster of that name, under the name of its state. The name of a state itself, which this program's own calls come with, takes no
    /// credentials.
    /// </summary>
    public async ValueTask<ServedCluster?> FindAsync(string name, CancellationToken cancellationToken) =>
        ClusterName.IsStateName(name) ? new ServedCluster(name, null) : (await KnownAsync(name, cancellationToken))?.Served;

    /// <summary>A cluster's record, or null when there is no such cluster; may be a minute old.</summary>
    public async ValueTask<ClusterRecord?> FindRecordAsync(string name, CancellationToken cancellationToken) =>
        (await KnownAsync(name, cancellationToken))?.Record;

    /// <summary>All clusters that have a record, by name: the default one has one since a node joined it.</summary>
    public async ValueTask<IReadOnlyList<ClusterRecord>> ListAsync(CancellationToken cancellationToken)
    {
        var page = await store.ListAsync(Records, new ListQuery(), cancellationToken);
        return [.. page.Items.Select(ClusterRecord.Read)];
    }

    /// <summary>Adds a cluster; false when there is one of that name.</summary>
    public async ValueTask<bool> AddAsync(ClusterRecord record, Guid operation, CancellationToken cancellationToken)
    {
        var result = await store.WriteAsync(Records, new Write(new ObjectKey("", record.Name), 0, record.ToDocument(), Delete: false, operation), cancellationToken);
        return result.Outcome == WriteOutcome.Committed;
    }

    /// <summary>Removes a cluster's record; false when there is none. Its credentials are void as soon as each instance has heard of it.</summary>
    public async ValueTask<bool> RemoveAsync(string name, CancellationToken cancellationToken)
    {
        _known.TryRemove(name, out _);
        while (await store.GetAsync(Records, new ObjectKey("", name), cancellationToken) is { } stored)
        {
            var write = new Write(stored.Key, stored.Revision, ClusterRecord.Read(stored).ToDocument(), Delete: true, Guid.NewGuid()) { Current = stored.Document };
            if ((await store.WriteAsync(Records, write, cancellationToken)).Outcome == WriteOutcome.Committed)
                return true;
        }

        return false;
    }

    /// <summary>
    /// Writes down that a node of a cluster, which this process has found before, has shown itself: while some do, it is seeded. Costs a write a
    /// day, and nothing when this process knows of the last.
    /// </summary>
    public async ValueTask MarkNodesAsync(string stateName, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        while (_known.Values.FirstOrDefault(known => known.Record.StateName == stateName)?.Record is { } known && known.IsNews(now))
        {
            var key = new ObjectKey("", known.Name);
            var stored = await store.GetAsync(Records, key, cancellationToken);
            // Of the clusters without a record only the default one exists. Another of the name has nodes of its own.
            if (stored is null && known.Name != Default)
                return;
            var record = stored is null ? known : ClusterRecord.Read(stored);
            if (record.StateName != stateName)
                return;
            if (record.IsNews(now))
            {
                record = record with { NodesSeen = now };
                var write = new Write(key, stored?.Revision ?? 0, record.ToDocument(), Delete: false, Guid.NewGuid()) { Current = stored?.Document ?? default };
                if ((await store.WriteAsync(Records, write, cancellationToken)).Outcome != WriteOutcome.Committed)
                    continue;
            }

            Remember(record);
        }
    }

    /// <summary>What is known of the default cluster without reading anything.</summary>
    public static ClusterRecord DefaultRecord { get; } = new(Default, Default, DateTimeOffset.UnixEpoch, NodesSeen: null);

    private async ValueTask<KnownCluster?> KnownAsync(string name, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue(name, out var known) && time.GetUtcNow() < known.Until)
            return known;
        // The commonest one costs no read on a cold start: its keys hang on its name alone.
        if (name == Default)
            return Remember(DefaultRecord);
        if (!ClusterName.IsValid(name))
            return null;
        if (await store.GetAsync(Records, new ObjectKey("", name), cancellationToken) is { } stored)
            return Remember(ClusterRecord.Read(stored));
        _known.TryRemove(name, out _);
        return null;
    }

    private KnownCluster Remember(ClusterRecord record)
    {
        // The same signer for the same keys: what it has verified stays verified.
        var served = _known.TryGetValue(record.Name, out var known) && known.Record.Id == record.Id
            ? known.Served
            : new ServedCluster(record.StateName, new TokenSigner(secret.SigningKey(record.KeyPurpose), time));
        var until = record.Name == Default ? DateTimeOffset.MaxValue : time.GetUtcNow() + Remembered;
        return _known[record.Name] = new KnownCluster(record, served, until);
    }

    private sealed record KnownCluster(ClusterRecord Record, ServedCluster Served, DateTimeOffset Until);
}
