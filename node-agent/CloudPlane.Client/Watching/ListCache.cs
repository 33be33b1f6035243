using System.Collections.Immutable;
using System.Threading.Channels;

namespace CloudPlane.Client;

/// <summary>
/// A copy of a resource for those who hold no watch: it is as new as the last <see cref="RefreshAsync"/>, which somebody calls who hears of
/// changes another way.
/// </summary>
public sealed class ListCache<T>(ApiClient client, ListOptions options) : IObjectCache<T> where T : class, IKubernetesObject<T>
{
    private readonly Channel<CacheChange<T>> _changes = Channel.CreateUnbounded<CacheChange<T>>(new UnboundedChannelOptions { SingleReader = true });
    private ImmutableSortedDictionary<ObjectName, T> _objects = ImmutableSortedDictionary<ObjectName, T>.Empty;
    private volatile bool _synced;

    /// <inheritdoc/>
    public ImmutableSortedDictionary<ObjectName, T> Objects => Volatile.Read(ref _objects);

    /// <inheritdoc/>
    public bool IsSynced => _synced;

    /// <summary>
    /// Lists once. <paramref name="beforehand"/> is called with what was read before anybody is told of it. Not for use by several threads at once.
    /// </summary>
    /// <exception cref="ApiException">Refused; everything stays as it was.</exception>
    /// <exception cref="ApiUnreachableException">Likewise.</exception>
    public async Task RefreshAsync(Func<ImmutableSortedDictionary<ObjectName, T>, Task>? beforehand, CancellationToken cancellationToken)
    {
        var list = await client.ListAsync<T>(null, options, cancellationToken).ConfigureAwait(false);
        var after = list.Items.ToImmutableSortedDictionary(value => ObjectName.Of(value.Metadata), value => value);
        if (beforehand is not null) await beforehand(after).ConfigureAwait(false);
        var changes = CacheChanges.Between(_objects, after);
        Volatile.Write(ref _objects, after);
        _synced = true;
        foreach (var change in changes) _changes.Writer.TryWrite(change);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<CacheChange<T>> RunAsync(CancellationToken cancellationToken) => _changes.Reader.ReadAllAsync(cancellationToken);
}
