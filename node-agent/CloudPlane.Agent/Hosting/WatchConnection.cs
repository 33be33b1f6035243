using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>A control plane that always runs: the node watches, and holds a tunnel for logs.</summary>
internal sealed class WatchConnection(
    ApiClient api, string nodeName, Func<ILogSource, LogTunnel> tunnel, TimeProvider time, Random random, AgentLog log) : NodeConnection
{
    private readonly WatchCache<Node> _nodes = Cache<Node>(api, null, time, random, log);
    private readonly WatchCache<Service> _services = Cache<Service>(api, null, time, random, log);
    private readonly WatchCache<Pod> _pods = Cache<Pod>(api, $"spec.nodeName={nodeName}", time, random, log);

    public override IObjectCache<Node> Nodes => _nodes;

    public override IObjectCache<Service> Services => _services;

    public override IObjectCache<Pod> Pods => _pods;

    public override TimeSpan Heartbeat => TimeSpan.FromSeconds(10);

    public override TimeSpan ReportPeriod => TimeSpan.FromMinutes(5);

    public override TimeSpan VolumeRefreshPeriod => TimeSpan.FromSeconds(60);

    public override Action RefreshVolumes
    {
        set
        {
            // Nobody watches config maps: see VolumeRefreshPeriod.
        }
    }

    public override void Look(LookAt what)
    {
        // The watches tell.
    }

    public override Task RunAsync(ILogSource logs, CancellationToken cancellationToken) =>
        Together.RunAsync(cancellationToken, ct => DrainAsync(_services, ct), tunnel(logs).RunAsync);

    private static WatchCache<T> Cache<T>(ApiClient api, string? fieldSelector, TimeProvider time, Random random, AgentLog log)
        where T : class, IKubernetesObject<T> => new(api, new WatchCacheOptions
        {
            FieldSelector = fieldSelector,
            MostDelay = TimeSpan.FromSeconds(5),
            OnFailure = e => log.Debug($"watching {T.Resource.Plural}: {e.Message}"),
        }, time, random);
}
