using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>A control plane that sleeps while nothing happens: the node waits on its own queue, and each call of its own is one that it needs.</summary>
internal sealed class QueueConnection : NodeConnection
{
    private readonly ListCache<Node> _nodes;
    private readonly ListCache<Service> _services;
    private readonly ListCache<Pod> _pods;
    private readonly NodeLook _look;
    private readonly LinkSource _links;
    private readonly QueueLink _first;
    private readonly LookPeriods _periods;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly AgentLog _log;

    public QueueConnection(
        ApiClient api, string nodeName, LinkSource links, QueueLink first, LookPeriods periods, TimeProvider time, Random random, AgentLog log)
    {
        (_links, _first, _periods, _time, _random, _log) = (links, first, periods, time, random, log);
        _nodes = new ListCache<Node>(api, new ListOptions());
        _services = new ListCache<Service>(api, new ListOptions());
        _pods = new ListCache<Pod>(api, new ListOptions { FieldSelector = $"spec.nodeName={nodeName}" });
        _look = new NodeLook(_nodes, _services, _pods, periods, time, random, log);
    }

    public override IObjectCache<Node> Nodes => _nodes;

    public override IObjectCache<Service> Services => _services;

    public override IObjectCache<Pod> Pods => _pods;

    public override TimeSpan Heartbeat => _first.Heartbeat;

    public override TimeSpan ReportPeriod => _periods.Slow;

    // A bell rings for what volumes show, and a look at everything includes it.
    public override TimeSpan VolumeRefreshPeriod => Timeout.InfiniteTimeSpan;

    public override Action RefreshVolumes { set => _look.RefreshVolumes = value; }

    public override void Look(LookAt what) => _look.Look(what);

    public override async Task RunAsync(ILogSource logs, CancellationToken cancellationToken)
    {
        using var bus = new BusClient(_time);
        var replies = new LogReplies(bus, logs, _time);
        var listener = new BellListener(_links, _first, bus, _look, replies.Ask, _time, _random, _log);
        await Together.RunAsync(cancellationToken, _look.RunAsync, listener.RunAsync, replies.RunAsync, ct => DrainAsync(_services, ct)).ConfigureAwait(false);
    }
}
