using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace CloudPlane.Client;

/// <summary>What a cache holds and how it asks.</summary>
public sealed record WatchCacheOptions
{
    /// <summary>Null for all namespaces and for cluster-scoped resources.</summary>
    public string? Namespace { get; init; }
    public string? LabelSelector { get; init; }
    public string? FieldSelector { get; init; }

    /// <summary>The first delay after a failure; it doubles up to <see cref="MostDelay"/>.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(200);
    public TimeSpan MostDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Told of each failure (the cache goes on by itself); for the log.</summary>
    public Action<Exception>? OnFailure { get; init; }
}

/// <summary>
/// An informer: a copy of a resource held by list and watch over the API. It resumes from the last resourceVersion, lists again when that
/// has expired, and never gives up; while the API is away it keeps what it has.
/// </summary>
public sealed class WatchCache<T>(ApiClient client, WatchCacheOptions options, TimeProvider time, Random random) : IObjectCache<T>
    where T : class, IKubernetesObject<T>
{
    private readonly Backoff _backoff = new(options.FirstDelay, options.MostDelay, random);
    private ImmutableSortedDictionary<ObjectName, T> _objects = ImmutableSortedDictionary<ObjectName, T>.Empty;
    private string? _version;

    /// <inheritdoc/>
    public ImmutableSortedDictionary<ObjectName, T> Objects => Volatile.Read(ref _objects);

    /// <inheritdoc/>
    public bool IsSynced { get; private set; }

    /// <inheritdoc/>
    public async IAsyncEnumerable<CacheChange<T>> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_version is null)
            {
                var list = await TryAsync(() => client.ListAsync<T>(options.Namespace, Query(null), cancellationToken), cancellationToken)
                    .ConfigureAwait(false);
                foreach (var change in list is null ? [] : Replace(list)) yield return change;
                continue;
            }
            var started = time.GetTimestamp();
            await using var events = client.WatchAsync<T>(options.Namespace, Query(_version), cancellationToken)
                .GetAsyncEnumerator(cancellationToken);
            while (await TryAsync(() => NextAsync(events), cancellationToken).ConfigureAwait(false) is { } next)
            {
                _backoff.Reset();
                if (Apply(next) is { } change) yield return change;
            }
            // A server that ends watches at once must not be asked in a hot loop.
            if (time.GetElapsedTime(started) < options.FirstDelay) await Task.Delay(_backoff.Next(), time, cancellationToken).ConfigureAwait(false);
        }
    }

    private ListOptions Query(string? resourceVersion) => new()
    {
        LabelSelector = options.LabelSelector,
        FieldSelector = options.FieldSelector,
        ResourceVersion = resourceVersion,
        AllowWatchBookmarks = resourceVersion is not null,
    };

    private static async Task<WatchEvent<T>?> NextAsync(IAsyncEnumerator<WatchEvent<T>> events) =>
        await events.MoveNextAsync().ConfigureAwait(false) ? events.Current : null;

    /// <summary>Null when the step failed; then it has waited as long as it should before the next.</summary>
    private async Task<TResult?> TryAsync<TResult>(Func<Task<TResult>> step, CancellationToken cancellationToken) where TResult : class?
    {
        try
        {
            return await step().ConfigureAwait(false);
        }
        catch (ApiException e) when (e.IsExpired && _version is not null)
        {
            _version = null;
            return null;
        }
        catch (Exception e) when (e is ApiException or ApiUnreachableException)
        {
            options.OnFailure?.Invoke(e);
            await Task.Delay(_backoff.Next(), time, cancellationToken).ConfigureAwait(false);
            return null;
        }
    }

    private List<CacheChange<T>> Replace(ResourceList<T> list)
    {
        var before = _objects;
        var after = list.Items.ToImmutableSortedDictionary(o => ObjectName.Of(o.Metadata), o => o);
        Volatile.Write(ref _objects, after);
        _version = list.ResourceVersion;
        IsSynced = true;
        _backoff.Reset();
        return CacheChanges.Between(before, after);
    }

    private CacheChange<T>? Apply(WatchEvent<T> next)
    {
        _version = next.Object.Metadata.ResourceVersion ?? _version;
        if (next.Kind == WatchEventKind.Bookmark) return null;
        var name = ObjectName.Of(next.Object.Metadata);
        var before = _objects.GetValueOrDefault(name);
        if (next.Kind == WatchEventKind.Deleted)
        {
            Volatile.Write(ref _objects, _objects.Remove(name));
            return before is null ? null : new(CacheChangeKind.Deleted, next.Object, null);
        }
        Volatile.Write(ref _objects, _objects.SetItem(name, next.Object));
        return CacheChanges.Of(before, next.Object);
    }
}
