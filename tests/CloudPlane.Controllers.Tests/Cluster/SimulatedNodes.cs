using CloudPlane.Client;

namespace CloudPlane.Controllers.Tests;

/// <summary>Nodes whose agents start and stop pods after a while, renew their leases, and may die; and a scheduler that binds to the emptiest.</summary>
internal sealed class SimulatedNodes
{
    private readonly SimulatedCluster _cluster;
    private readonly Random _random;
    private readonly Dictionary<string, SimulatedNode> _nodes = [];
    private readonly Dictionary<string, DateTimeOffset> _dueOf = [];

    public SimulatedNodes(SimulatedCluster cluster, int seed, int count)
    {
        _cluster = cluster;
        _random = new Random(seed);
        cluster.Actors.Add(Act);
        for (var i = 1; i <= count; i++)
        {
            Join($"n{i}");
        }
    }

    /// <summary>The longest that starting or stopping a pod takes.</summary>
    public TimeSpan Slowest { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Pods of this image never become ready.</summary>
    public string? BrokenImage { get; set; }

    public IEnumerable<string> Dead => _nodes.Where(node => !node.Value.Alive).Select(node => node.Key);

    public void Join(string name)
    {
        _cluster.Create($$"""{"apiVersion":"v1","kind":"Node","metadata":{"name":"{{name}}"},"status":{"conditions":[{"type":"Ready","status":"True"}]} }""", "nodes");
        _cluster.Create($$"""{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"{{name}}","namespace":"kube-node-lease"},"spec":{"holderIdentity":"{{name}}"} }""", "coordination.k8s.io/leases");
        _nodes[name] = new SimulatedNode();
    }

    public void Kill(string name) => _nodes[name].Alive = false;

    public void Revive(string name)
    {
        _nodes[name].Alive = true;
        _nodes[name].NextRenewal = DateTimeOffset.MinValue;
    }

    private bool Act()
    {
        var acted = false;
        foreach (var (name, node) in _nodes.Where(node => node.Value.Alive))
        {
            acted |= Renew(name, node);
        }
        foreach (var pod in _cluster.List<Pod>())
        {
            acted |= string.IsNullOrEmpty(pod.Spec?.NodeName) ? Schedule(pod) : Tend(pod);
        }
        return acted;
    }

    private bool Renew(string name, SimulatedNode node)
    {
        if (node.NextRenewal > _cluster.Time.Now)
        {
            return false;
        }
        node.NextRenewal = _cluster.Time.Now + TimeSpan.FromSeconds(10);
        _cluster.Change<Lease>("kube-node-lease", name, lease => lease with { Spec = lease.Spec! with { RenewTime = _cluster.Time.Now } });
        _cluster.ChangeStatus<Node>("", name, current => current with
        {
            Status = (current.Status ?? new NodeStatus()) with
            {
                Conditions = [new NodeCondition { Type = "Ready", Status = "True", Reason = "KubeletReady", LastTransitionTime = _cluster.Time.Now }],
            },
        });
        return true;
    }

    private bool Schedule(Pod pod)
    {
        var target = _cluster.List<Node>()
            .Where(node => node.Spec?.Taints is not { Count: > 0 })
            .OrderBy(node => _cluster.List<Pod>().Count(other => other.Spec?.NodeName == node.Metadata.Name && other.IsActive()))
            .FirstOrDefault();
        if (target is null || pod.IsTerminating())
        {
            return false;
        }
        var body = System.Text.Encoding.UTF8.GetBytes($$"""{"target":{"name":"{{target.Metadata.Name}}"} }""");
        _cluster.Send(new ApiCall("POST", $"/api/v1/namespaces/{pod.Metadata.Namespace}/pods/{pod.Metadata.Name}/binding", body));
        return true;
    }

    private bool Tend(Pod pod)
    {
        if (!_nodes.TryGetValue(pod.Spec!.NodeName!, out var node) || !node.Alive)
        {
            return false;
        }
        var broken = pod.Spec.Containers?[0].Image is { } image && image == BrokenImage;
        var wants = pod.IsTerminating() ? "stop" : !pod.IsReady() && !broken && !pod.IsTerminal() ? "start" : null;
        if (wants is null || !IsDue($"{wants} {pod.Metadata.Uid}"))
        {
            return false;
        }
        if (wants == "stop")
        {
            _cluster.Delete<Pod>(pod.Metadata.Namespace!, pod.Metadata.Name!, grace: 0);
        }
        else
        {
            var ready = new PodCondition { Type = "Ready", Status = "True", LastTransitionTime = _cluster.Time.Now };
            _cluster.ChangeStatus<Pod>(pod.Metadata.Namespace!, pod.Metadata.Name!, current => current with
            {
                Status = (current.Status ?? new PodStatus()) with
                {
                    Phase = "Running",
                    PodIP = $"10.244.{_random.Next(256)}.{_random.Next(1, 255)}",
                    Conditions = [.. (current.Status?.Conditions ?? []).Where(condition => condition.Type != "Ready"), ready],
                },
            });
        }
        return true;
    }

    private bool IsDue(string what)
    {
        if (!_dueOf.TryGetValue(what, out var due))
        {
            _dueOf[what] = due = _cluster.Time.Now + (Slowest * _random.NextDouble());
        }
        if (due > _cluster.Time.Now)
        {
            return false;
        }
        // The same may be wanted again later (a pod that a lost node made unready).
        _dueOf.Remove(what);
        return true;
    }

    private sealed class SimulatedNode
    {
        public bool Alive { get; set; } = true;

        public DateTimeOffset NextRenewal { get; set; }
    }
}
