using CloudPlane.Client;

namespace CloudPlane.Scheduling.Tests;

/// <summary>Pods and nodes with little said.</summary>
internal static class Make
{
    public static Node Node(
        string name, string cpu = "4", string memory = "8Gi", string pods = "110", bool unschedulable = false,
        Dictionary<string, string>? labels = null, IReadOnlyList<Taint>? taints = null) => new()
        {
            Metadata = new() { Name = name, Uid = name, Labels = labels },
            Spec = new() { Unschedulable = unschedulable ? true : null, Taints = taints },
            Status = new() { Allocatable = Amounts(("cpu", cpu), ("memory", memory), ("pods", pods)) },
        };

    public static Pod Pod(string name, string? cpu = null, string? memory = null, string? node = null, string? owner = null, string? phase = null) => new()
    {
        Metadata = new()
        {
            Name = name,
            Namespace = "default",
            Uid = name,
            OwnerReferences = owner is null ? null : [new OwnerReference { Kind = "ReplicaSet", Name = owner, Uid = owner, Controller = true }],
        },
        Spec = new() { SchedulerName = "default-scheduler", NodeName = node, Containers = [Container(cpu, memory)] },
        Status = new() { Phase = phase ?? "Pending" },
    };

    public static Container Container(string? cpu = null, string? memory = null, string? restartPolicy = null) => new()
    {
        Name = "c",
        RestartPolicy = restartPolicy,
        Resources = new() { Requests = Amounts([.. new[] { ("cpu", cpu), ("memory", memory) }.Where(r => r.Item2 is not null).Select(r => (r.Item1, r.Item2!))]) },
    };

    public static Pod With(this Pod pod, Func<PodSpec, PodSpec> change) => pod with { Spec = change(pod.Spec!) };

    public static Dictionary<string, string> Amounts(params (string Resource, string Amount)[] amounts) => amounts.ToDictionary(a => a.Resource, a => a.Amount);

    public static NodeView View(Node node, params Pod[] pods) => NodeView.Of(node, NodeUsage.Of(pods, new PodLoads()));
}
