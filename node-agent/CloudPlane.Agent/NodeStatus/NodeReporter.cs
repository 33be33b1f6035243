using System.Text;
using System.Text.Json.Nodes;
using CloudPlane.Client;
using CloudPlane.Cri;
using V1 = CloudPlane.Cri.V1;

namespace CloudPlane.Agent;

/// <summary>
/// Registers the Node and keeps its status: at once when it changes or the node was taken for lost, else at multiples of
/// <paramref name="reportPeriod"/> by the clock, when the Leases are renewed too; these say "alive" in between.
/// </summary>
internal sealed class NodeReporter(ApiClient api, ICriRuntime runtime, RuntimeHealth health, NodeFacts facts, AgentOptions options,
    TimeSpan reportPeriod, NodeEvents events, TimeProvider time, AgentLog log)
{
    private const int ReportedImages = 50;
    private static readonly TimeSpan CheckPeriod = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(2);
    private readonly SemaphoreSlim _wake = new(0, 1);
    private Client.NodeStatus? _reported;
    private DateTimeOffset _reportedAt;
    private string? _judged;
    private bool _started;
    private bool? _unschedulable;
    private volatile bool _anew;

    /// <summary>Called when the server does not know who this node is (401).</summary>
    public Action? Refused { get; set; }

    /// <summary>Tells whether the API has the node; false makes it register again.</summary>
    public Func<bool> Exists { get; set; } = () => true;

    /// <summary>The node as the API was last seen to have it; null when it was not seen.</summary>
    public Func<Node?> Known { get; set; } = () => null;

    /// <summary>Called after each registration.</summary>
    public Action? OnRegistered { get; set; }

    /// <summary>Completes once the node is registered.</summary>
    public TaskCompletionSource Registered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Something changed that the status tells.</summary>
    public void Wake()
    {
        lock (_wake)
            if (_wake.CurrentCount == 0) _wake.Release();
    }

    /// <summary>The status is to be sent even if it did not change.</summary>
    public void ReportAnew()
    {
        _anew = true;
        Wake();
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var delay = CheckPeriod;
            try
            {
                if (_reported is null || !Exists()) await RegisterAsync(cancellationToken).ConfigureAwait(false);
                JudgeKnown();
                await ReportAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is ApiException or ApiUnreachableException)
            {
                log.Warn($"the node's status could not be sent: {e.Message}");
                if (e is ApiException { IsNotFound: true }) _reported = null;
                if (e is ApiException { Code: 401 }) Refused?.Invoke();
                delay = RetryDelay;
            }
            using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(Task.Delay(delay, time, wait.Token), _wake.WaitAsync(wait.Token)).ConfigureAwait(false);
            await wait.CancelAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task RegisterAsync(CancellationToken cancellationToken)
    {
        var node = await api.GetAsync<Node>("", options.NodeName, cancellationToken).ConfigureAwait(false);
        if (node is null)
            node = await api.CreateAsync(NodeStatusBuilder.Initial(options, facts), cancellationToken).ConfigureAwait(false);
        else await UpdateLabelsAsync(node, cancellationToken).ConfigureAwait(false);
        if (node.Status?.NodeInfo?.BootID is { Length: > 0 } boot && boot != facts.BootId)
            events.Node(EventTypes.Warning, "Rebooted", $"Node {options.NodeName} has been rebooted, boot id: {facts.BootId}");
        if (!_started) events.Node(EventTypes.Normal, "Starting", "Starting kubelet.");
        _started = true;
        _unschedulable ??= node.Spec?.Unschedulable == true;
        _reported = node.Status ?? new Client.NodeStatus();
        _reportedAt = default;
        Registered.TrySetResult();
        OnRegistered?.Invoke();
    }

    /// <summary>Somebody else writes into this node's conditions only when they take it for lost: then it says anew how it is.</summary>
    private void JudgeKnown()
    {
        if (_anew) _reportedAt = default;
        _anew = false;
        if (Known() is not { } known || known.Metadata.ResourceVersion == _judged) return;
        _judged = known.Metadata.ResourceVersion;
        TellSchedulable(known.Spec?.Unschedulable == true);
        if (Ready(known.Status?.Conditions) == "Unknown") (_reported, _reportedAt) = (known.Status!, default);
    }

    /// <summary>The labels that this agent is responsible for; all others belong to their writers.</summary>
    private async Task UpdateLabelsAsync(Node node, CancellationToken cancellationToken)
    {
        var changes = new JsonObject();
        foreach (var (key, value) in NodeStatusBuilder.Initial(options, facts).Metadata.Labels!)
            if (node.Metadata.Labels?.GetValueOrDefault(key) != value) changes[key] = value;
        if (changes.Count == 0) return;
        var patch = new JsonObject { ["metadata"] = new JsonObject { ["labels"] = changes } };
        await api.PatchAsync<Node>("", options.NodeName, PatchKind.StrategicMerge, Encoding.UTF8.GetBytes(patch.ToJsonString()), null,
            cancellationToken).ConfigureAwait(false);
    }

    private async Task ReportAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var wanted = NodeStatusBuilder.Status(facts, health.Version,
            NodeStatusBuilder.Conditions(NodePressure.Read(options.DataDirectory), NotReady(), _reported!.Conditions, now),
            await ImagesAsync(cancellationToken).ConfigureAwait(false));
        if (Same(_reported, wanted) && now.UtcTicks / reportPeriod.Ticks == _reportedAt.UtcTicks / reportPeriod.Ticks) return;
        var before = _reported.Conditions;
        var patch = new JsonObject { ["status"] = JsonNode.Parse(ModelJson.ToBytes(wanted).Span) };
        var node = await api.PatchAsync<Node>("", options.NodeName, PatchKind.StrategicMerge, Encoding.UTF8.GetBytes(patch.ToJsonString()),
            "status", cancellationToken).ConfigureAwait(false);
        _reported = node.Status ?? wanted;
        _reportedAt = now;
        TellTransition(before, wanted.Conditions!);
    }

    private string? NotReady()
    {
        if (health.RuntimeProblem is { } runtimeProblem) return runtimeProblem;
        return health.NetworkProblem is { } networkProblem ? $"container runtime network not ready: {networkProblem}" : null;
    }

    private void TellTransition(IReadOnlyList<NodeCondition>? before, IReadOnlyList<NodeCondition> after)
    {
        var (was, is_) = (Ready(before), Ready(after));
        if (was == is_) return;
        log.Info($"node {options.NodeName} is {(is_ == "True" ? "ready" : $"not ready: {NotReady()}")}");
        events.Node(EventTypes.Normal, is_ == "True"
            ? "NodeReady" : "NodeNotReady", $"Node {options.NodeName} status is now: {(is_ == "True" ? "NodeReady" : "NodeNotReady")}");
    }

    private void TellSchedulable(bool unschedulable)
    {
        if (_unschedulable is { } before && before != unschedulable)
        {
            var reason = unschedulable ? "NodeNotSchedulable" : "NodeSchedulable";
            events.Node(EventTypes.Normal, reason, $"Node {options.NodeName} status is now: {reason}");
        }
        _unschedulable = unschedulable;
    }

    private static string? Ready(IReadOnlyList<NodeCondition>? conditions) => conditions?.FirstOrDefault(c => c.Type == "Ready")?.Status;

    /// <summary>Heartbeat times aside, and however the API writes a quantity: it answers 16777216Ki with 16Gi.</summary>
    internal static bool Same(Client.NodeStatus a, Client.NodeStatus b)
    {
        var after = JsonNode.Parse(ModelJson.ToBytes(Comparable(b)).Span)!.AsObject();
        var before = JsonNode.Parse(ModelJson.ToBytes(Comparable(a)).Span)!.AsObject();
        return after.All(p => JsonNode.DeepEquals(before[p.Key], p.Value));
    }

    private static Client.NodeStatus Comparable(Client.NodeStatus status) => status with
    {
        Capacity = Canonical(status.Capacity),
        Allocatable = Canonical(status.Allocatable),
        Conditions = [.. (status.Conditions ?? []).Where(c => c.Type is "Ready" or "MemoryPressure" or "DiskPressure" or "PIDPressure")
            .OrderBy(c => c.Type, StringComparer.Ordinal)
            .Select(c => new NodeCondition { Type = c.Type, Status = c.Status, Reason = c.Reason, Message = c.Message })],
    };

    private static Dictionary<string, string>? Canonical(IReadOnlyDictionary<string, string>? resources) =>
        resources?.OrderBy(r => r.Key, StringComparer.Ordinal)
            .ToDictionary(r => r.Key, r => Quantity.TryParse(r.Value, out var quantity) ? quantity.ToString() : r.Value);

    private async Task<IReadOnlyList<ContainerImage>> ImagesAsync(CancellationToken cancellationToken)
    {
        try
        {
            var images = await runtime.ListImagesAsync(new V1.ListImagesRequest(), cancellationToken).ConfigureAwait(false);
            return [.. images.Images.OrderByDescending(i => i.Size).ThenBy(i => i.Id, StringComparer.Ordinal).Take(ReportedImages)
                .Select(i => new ContainerImage { Names = [.. i.RepoDigests, .. i.RepoTags], SizeBytes = (long)i.Size })
                .Where(i => i.Names!.Count > 0)];
        }
        catch (CriException)
        {
            return _reported?.Images ?? [];
        }
    }
}
