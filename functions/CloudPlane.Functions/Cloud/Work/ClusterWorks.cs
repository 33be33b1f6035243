using System.Collections.Concurrent;
using CloudPlane.Api;

namespace CloudPlane.Functions;

/// <summary>The clusters that this process works for: each is made when its first message comes, with replicas that stay warm for the next.</summary>
internal sealed class ClusterWorks(IClusterDirectory directory, Func<string, ClusterWork> make)
{
    // Replicas of as many clusters fit into an instance's memory; when one more comes, all start anew rather than one be chosen.
    private const int Most = 64;

    private readonly ConcurrentDictionary<string, ClusterWork> _works = new();

    /// <summary>The work of a cluster, or null when there is no such cluster.</summary>
    public async ValueTask<ClusterWork?> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (await directory.FindAsync(name, cancellationToken) is null)
        {
            _works.TryRemove(name, out _);
            return null;
        }

        if (_works.Count >= Most && !_works.ContainsKey(name))
            _works.Clear();
        return _works.GetOrAdd(name, make);
    }
}
