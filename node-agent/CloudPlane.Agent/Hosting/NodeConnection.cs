using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>How this node hears of changes and is asked for logs, and how often it speaks without being asked.</summary>
internal abstract class NodeConnection
{
    public abstract IObjectCache<Node> Nodes { get; }

    public abstract IObjectCache<Service> Services { get; }

    /// <summary>The pods bound to this node.</summary>
    public abstract IObjectCache<Pod> Pods { get; }

    /// <summary>How often the Lease is renewed.</summary>
    public abstract TimeSpan Heartbeat { get; }

    /// <summary>How often a status that did not change is sent.</summary>
    public abstract TimeSpan ReportPeriod { get; }

    /// <summary>How often config maps and secrets of running pods are read again; infinite where <see cref="RefreshVolumes"/> is called.</summary>
    public abstract TimeSpan VolumeRefreshPeriod { get; }

    /// <summary>To be called when config maps or secrets that volumes show may have changed.</summary>
    public abstract Action RefreshVolumes { set; }

    /// <summary>Fetches now, where nothing else does.</summary>
    public abstract void Look(LookAt what);

    /// <summary>Keeps the caches going and serves the logs, until cancelled.</summary>
    public abstract Task RunAsync(ILogSource logs, CancellationToken cancellationToken);

    /// <summary>For a cache whose objects are all that anybody wants.</summary>
    protected static async Task DrainAsync<T>(IObjectCache<T> cache, CancellationToken cancellationToken) where T : class, IKubernetesObject<T>
    {
        await foreach (var _ in cache.RunAsync(cancellationToken).ConfigureAwait(false))
        {
        }
    }
}
