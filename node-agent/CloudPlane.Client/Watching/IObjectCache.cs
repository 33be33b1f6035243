using System.Collections.Immutable;

namespace CloudPlane.Client;

/// <summary>A copy of a resource that is kept up to date, whichever way its changes are heard of.</summary>
public interface IObjectCache<T> where T : class, IKubernetesObject<T>
{
    /// <summary>The objects now. Immutable: a later change makes another.</summary>
    ImmutableSortedDictionary<ObjectName, T> Objects { get; }

    /// <summary>Whether the first list has been read.</summary>
    bool IsSynced { get; }

    /// <summary>
    /// The changes, for as long as the caller enumerates (one caller only): each is in <see cref="Objects"/> when it is returned. Ends only by
    /// cancellation.
    /// </summary>
    IAsyncEnumerable<CacheChange<T>> RunAsync(CancellationToken cancellationToken);
}
