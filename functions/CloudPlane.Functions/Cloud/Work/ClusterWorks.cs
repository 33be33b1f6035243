using System.Collections.Concurrent;

namespace CloudPlane.Functions;

/// <summary>The clusters that this process works for: each is made when its first message comes, with replicas that stay warm for the next.</summary>
internal sealed class ClusterWorks(Func<string, ClusterWork> make)
{
    // Replicas of as many clusters fit into an instance's memory; when one more comes, all start anew rather than one be chosen.
    private const int Most = 64;

    private readonly ConcurrentDictionary<string, ClusterWork> _works = new();

    /// <summary>The work of a cluster, by the name of its state.</summary>
    public ClusterWork Of(string cluster)
    {
        if (_works.Count >= Most && !_works.ContainsKey(cluster))
            _works.Clear();
        return _works.GetOrAdd(cluster, make);
    }

    /// <summary>The cluster was deleted.</summary>
    public void Forget(string cluster) => _works.TryRemove(cluster, out _);
}
