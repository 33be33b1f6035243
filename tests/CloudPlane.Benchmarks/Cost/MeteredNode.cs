using System.Globalization;
using System.Text;
using CloudPlane.Client;
using CloudPlane.Functions;

namespace CloudPlane.Benchmarks;

/// <summary>
/// A node as the agent is in the cloud form: it waits at its queue by long polls of 60 s, renews its Lease at multiples of the heartbeat, looks
/// at everything at one of these about every four hours, reports at multiples of four hours, renews its queue's token, and calls when pods begin
/// or end. Pods begin at once.
/// </summary>
internal sealed class MeteredNode(MeteredDeployment cloud, string name, Random random)
{
    private const string Poll = "node: long polls";

    private static readonly TimeSpan LongPoll = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Slow = TimeSpan.FromHours(4);
    // At the last heartbeat in the first eight tenths of the token's hour.
    private static readonly TimeSpan LinkRenewal = TimeSpan.FromMinutes(48);

    private readonly string _queue = NodeQueues.NameOf(ClusterRegistry.Default, name);
    private readonly HashSet<string> _started = [];
    private DateTimeOffset _pollSince;
    private DateTimeOffset _lookDue;
    private DateTimeOffset _reportDue;
    private DateTimeOffset _linkDue;

    public string Name => name;

    public async Task JoinAsync()
    {
        await cloud.CallAsync("joins", name, api => PostAsync(api, "/api/v1/nodes", $$"""
            {"apiVersion":"v1","kind":"Node","metadata":{"name":"{{name}}","labels":{"kubernetes.io/hostname":"{{name}}"} },
             "status":{"allocatable":{"cpu":"8","memory":"16Gi","pods":"110"},"conditions":[{"type":"Ready","status":"True"}]} }
            """));
        await cloud.CallAsync("joins", name, api => PostAsync(api, "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", $$"""
            {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"{{name}}","namespace":"kube-node-lease"},
             "spec":{"holderIdentity":"{{name}}","leaseDurationSeconds":1200,"renewTime":"{{Now}}"} }
            """));
        await LinkAsync("");
        _pollSince = cloud.Time.Now;
        // Not all in step: they joined when they joined.
        _lookDue = Grid.Ceiling(cloud.Time.Now + (Slow * random.NextDouble()), cloud.Heartbeat);
        _reportDue = Grid.Ceiling(cloud.Time.Now + TimeSpan.FromTicks(1), Slow);
        _linkDue = NextRenewal();
    }

    /// <summary>The renewal of the Lease, which comes in the same second as everybody's.</summary>
    public Task RenewAsync(ApiClient api) => api.PatchAsync<Lease>(
        "kube-node-lease", name, PatchKind.Merge,
        Encoding.UTF8.GetBytes($$"""{"spec":{"holderIdentity":"{{name}}","leaseDurationSeconds":1200,"renewTime":"{{Now}}"} }"""), null, default);

    /// <summary>Does what is due; true when it did anything.</summary>
    public async Task<bool> ActAsync()
    {
        CountPolls();
        var acted = await HearAsync();
        if (cloud.Time.Now >= _linkDue)
        {
            await LinkAsync("?renewal=true");
            _linkDue = NextRenewal();
        }

        if (cloud.Time.Now >= _lookDue)
        {
            await cloud.CallAsync(
                "a node's slow look",
                [(name, api => api.ListAsync<Node>(null, null, default)), (name, api => api.ListAsync<Service>(null, null, default)), (name, PodsAsync)]);
            _lookDue = Grid.Ceiling(cloud.Time.Now + (Slow * (1 - (random.NextDouble() / 4))), cloud.Heartbeat);
        }

        if (cloud.Time.Now >= _reportDue)
        {
            await cloud.CallAsync("a node's status", name, api => api.PatchAsync<Node>(
                "", name, PatchKind.StrategicMerge,
                Encoding.UTF8.GetBytes($$"""{"status":{"conditions":[{"type":"Ready","status":"True","lastHeartbeatTime":"{{Now}}"}]} }"""), "status", default));
            _reportDue = Grid.Ceiling(cloud.Time.Now + TimeSpan.FromTicks(1), Slow);
        }

        return acted;
    }

    private string Now => cloud.Time.Now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private void CountPolls()
    {
        while (cloud.Time.Now - _pollSince >= LongPoll)
        {
            cloud.Usage.Add(Poll, new Usage.Line(0, 0, 0, 1));
            _pollSince += LongPoll;
        }
    }

    /// <summary>Takes the bells that have rung: together they are one look.</summary>
    private async Task<bool> HearAsync()
    {
        if (cloud.Bus.Queue(_queue) is not { Counts.Active: > 0 } queue)
            return false;
        while (await queue.ReceiveAndDeleteAsync(TimeSpan.Zero, default) is not null)
        {
        }

        cloud.Usage.Add("node: bells", new Usage.Line(0, 0, 0, cloud.TakeBusOperations()));
        _pollSince = cloud.Time.Now;
        IReadOnlyList<Pod> pods = [];
        await cloud.CallAsync("a node looks at its pods", name, async api => pods = await PodsAsync(api));
        foreach (var pod in pods.Where(pod => pod.Metadata.DeletionTimestamp is null && _started.Add(pod.Metadata.Uid!)))
            await StartAsync(pod);
        return true;
    }

    /// <summary>The calls of the agent while a pod begins: two states, and the usual three Events.</summary>
    private async Task StartAsync(Pod pod)
    {
        var (ns, id) = (pod.Metadata.Namespace!, pod.Metadata.Name!);
        await cloud.CallAsync("a pod's status", name, api => StatusAsync(api, ns, id, "Pending", "False"));
        foreach (var reason in (string[])["Pulled", "Created", "Started"])
        {
            await cloud.CallAsync("a pod's Events", name, api => PostAsync(api, $"/api/v1/namespaces/{ns}/events", $$"""
                {"apiVersion":"v1","kind":"Event","metadata":{"generateName":"{{id}}.","namespace":"{{ns}}"},"reason":"{{reason}}","type":"Normal",
                 "involvedObject":{"kind":"Pod","namespace":"{{ns}}","name":"{{id}}","uid":"{{pod.Metadata.Uid}}"},"firstTimestamp":"{{Now}}","lastTimestamp":"{{Now}}","count":1}
                """));
        }

        await cloud.CallAsync("a pod's status", name, api => StatusAsync(api, ns, id, "Running", "True"));
    }

    private static Task StatusAsync(ApiClient api, string ns, string pod, string phase, string ready) => api.PatchAsync<Pod>(
        ns, pod, PatchKind.StrategicMerge,
        Encoding.UTF8.GetBytes($$"""{"status":{"phase":"{{phase}}","podIP":"10.244.0.9","conditions":[{"type":"Ready","status":"{{ready}}"}]} }"""), "status", default);

    private async Task<IReadOnlyList<Pod>> PodsAsync(ApiClient api) =>
        (await api.ListAsync<Pod>(null, new ListOptions { FieldSelector = $"spec.nodeName={name}" }, default)).Items;

    private Task LinkAsync(string query) =>
        cloud.CallAsync("a queue's token", name, api => api.PostAsync($"/cloudplane/v1/nodes/{name}/wakeup{query}", default, default));

    private DateTimeOffset NextRenewal() => Grid.Ceiling(cloud.Time.Now + LinkRenewal - cloud.Heartbeat + TimeSpan.FromTicks(1), cloud.Heartbeat);

    private static Task PostAsync(ApiClient api, string path, string body) => api.PostAsync(path, Encoding.UTF8.GetBytes(body), default);
}
