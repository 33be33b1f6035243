using System.Collections.Immutable;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>Why a pod is being stopped, and how long its containers have.</summary>
/// <param name="Failure">Set when the agent decided it: the pod's phase becomes Failed.</param>
/// <param name="GraceSeconds">For every container, from the decision on.</param>
internal sealed record PodStop(PodFailure? Failure, long GraceSeconds);

/// <summary>What a pod's actor knows. Only the actor's loop changes it.</summary>
internal sealed class PodState(Pod pod, RuntimePod actual)
{
    /// <summary>The API's newest object.</summary>
    public Pod Pod { get; set; } = pod;

    /// <summary>The API no longer has it.</summary>
    public bool Removed { get; set; }

    public RuntimePod Actual { get; set; } = actual;

    /// <summary>Its volumes are set up and what its environment needs has been read.</summary>
    public bool Prepared { get; set; }

    /// <summary>Why containers that should run do not.</summary>
    public ImmutableDictionary<string, WaitingReason> Waiting { get; set; } = ImmutableDictionary<string, WaitingReason>.Empty;

    /// <summary>When something may be tried again, by operation key.</summary>
    public Dictionary<string, DateTimeOffset> RetryAt { get; } = [];

    public CrashBackoff Crashes { get; } = CrashBackoff.ForContainers();

    /// <summary>For operations that fail before there is a container: sandboxes and volumes.</summary>
    public CrashBackoff Failures { get; } = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(2));

    /// <summary>For volumes that can't be brought up to date. Where no clock refreshes them, each try wakes the control plane: they get rare.</summary>
    public CrashBackoff Refreshes { get; } = new(TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(30));

    /// <summary>Set once the pod is to stop; it never starts again.</summary>
    public PodStop? Stop { get; set; }

    /// <summary>Everything of it has stopped and its volumes are gone.</summary>
    public bool Stopped { get; set; }

    /// <summary>The API was told to forget it.</summary>
    public bool Deleted { get; set; }

    /// <summary>Nothing is left of it on this node.</summary>
    public bool Gone { get; set; }

    public bool MayRetry(string key, DateTimeOffset now) => !RetryAt.TryGetValue(key, out var at) || at <= now;

    /// <summary>Takes over what was just read of the runtime.</summary>
    public void Merge(RuntimePod read)
    {
        var known = Actual;
        Actual = read with { Containers = [.. read.Containers.Select(c => Newest(known.Find(c.Id), c))] };
    }

    /// <summary>Takes over what was just read of a container.</summary>
    public void Merge(RuntimeContainer read) => Actual = Actual.With(Newest(Actual.Find(read.Id), read));

    /// <summary>A reading may be older than an event: the end of a container, and that it was out of memory, are not unlearned.</summary>
    private static RuntimeContainer Newest(RuntimeContainer? known, RuntimeContainer read) => known switch
    {
        { Exited: true } => known with { StillWriting = known.StillWriting && !read.Exited },
        { OutOfMemory: true } => read with { Reason = known.Reason },
        _ => read,
    };
}
