using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>A pod that is being bound.</summary>
internal sealed record AssumedPod(Pod Pod, string NodeName, DateTimeOffset Until);

/// <summary>
/// Bindings in flight: they count on their node before the replica shows them. Guarded by the scheduler's lock. Only a cache: an instance
/// without it can at worst place a pod that the node's agent then refuses.
/// </summary>
internal sealed class AssumedPods(TimeProvider time)
{
    // A binding whose outcome is unknown is believed for this long.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, AssumedPod> _byUid = [];

    public IReadOnlyList<AssumedPod> All => [.. _byUid.Values];

    public IReadOnlyList<Pod> On(string nodeName) =>
        _byUid.Count == 0 ? [] : [.. _byUid.Values.Where(a => a.NodeName == nodeName).Select(a => a.Pod)];

    public bool Contains(Pod pod) => _byUid.ContainsKey(Uid(pod));

    public void Assume(Pod pod, string nodeName) => _byUid[Uid(pod)] = new AssumedPod(pod, nodeName, time.GetUtcNow() + Patience);

    public void Forget(Pod pod) => _byUid.Remove(Uid(pod));

    /// <summary>Drops what the replica shows by now, what is gone, and what took too long.</summary>
    public void ForgetSeen(ReplicaSnapshot<Pod> pods)
    {
        if (_byUid.Count == 0) return;
        var now = time.GetUtcNow();
        foreach (var (uid, assumed) in _byUid.ToArray())
        {
            var seen = pods.Get(assumed.Pod.Metadata.Namespace ?? "", assumed.Pod.Metadata.Name ?? "");
            if (seen is null || Uid(seen) != uid || seen.Spec?.NodeName is { Length: > 0 } || assumed.Until < now) _byUid.Remove(uid);
        }
    }

    private static string Uid(Pod pod) => pod.Metadata.Uid ?? ObjectName.Of(pod.Metadata).ToString();
}
