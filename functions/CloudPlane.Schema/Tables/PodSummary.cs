using System.Text.Json;

namespace CloudPlane.Schema;

/// <summary>What `kubectl get pods` says of a pod: the phase, unless a container, an init container or a deletion has more to say.</summary>
internal sealed class PodSummary
{
    private readonly JsonElement _pod;
    private readonly IReadOnlyList<JsonElement> _initContainers;

    private PodSummary(JsonElement pod)
    {
        _pod = pod;
        _initContainers = pod.Items("spec", "initContainers");
        Total = pod.Items("spec", "containers").Count + _initContainers.Count(IsSidecar);
        Reason = Phase();
    }

    public int Ready { get; private set; }
    public int Total { get; }
    public long Restarts { get; private set; }
    public DateTimeOffset? LastRestart { get; private set; }
    public string Reason { get; private set; }

    public static PodSummary Of(JsonElement pod)
    {
        var summary = new PodSummary(pod);
        var initializing = summary.ReadInitContainers();
        if (!initializing || pod.IsConditionTrue("Initialized"))
            summary.ReadContainers();
        summary.ReadDeletion();
        return summary;
    }

    private string Phase()
    {
        if (_pod.Items("status", "conditions").Any(c => c.Text("type") == "PodScheduled" && c.Text("reason") == "SchedulingGated"))
            return "SchedulingGated";
        var reason = _pod.Text("status", "reason");
        return reason.Length > 0 ? reason : _pod.Text("status", "phase");
    }

    /// <summary>True when an init container is not done: it gives the reason, and the containers are not looked at.</summary>
    private bool ReadInitContainers()
    {
        var statuses = _pod.Items("status", "initContainerStatuses");
        for (var i = 0; i < statuses.Count; i++)
        {
            var status = statuses[i];
            CountRestarts(status);
            if (status.Has("state", "terminated") && status.Integer("state", "terminated", "exitCode") == 0)
                continue;
            if (IsSidecar(Spec(status)) && status.IsTrue("started"))
            {
                Ready += status.IsTrue("ready") ? 1 : 0;
                continue;
            }

            Reason = "Init:" + InitReason(status, i);
            return true;
        }

        return false;
    }

    private string InitReason(JsonElement status, int index)
    {
        if (status.Has("state", "terminated"))
            return TerminatedReason(status.At("state", "terminated"));
        var waiting = status.Text("state", "waiting", "reason");
        return waiting is "" or "PodInitializing" ? $"{index}/{_initContainers.Count}" : waiting;
    }

    private void ReadContainers()
    {
        KeepSidecarRestarts();
        var running = false;
        // From the last to the first, so that the first container's reason is the one that is shown.
        foreach (var status in _pod.Items("status", "containerStatuses").Reverse())
        {
            CountRestarts(status);
            var waiting = status.Text("state", "waiting", "reason");
            if (waiting.Length > 0)
                Reason = waiting;
            else if (status.Has("state", "terminated"))
                Reason = TerminatedReason(status.At("state", "terminated"));
            else if (status.IsTrue("ready") && status.Has("state", "running"))
            {
                running = true;
                Ready++;
            }
        }

        if (Reason == "Completed" && running)
            Reason = _pod.IsConditionTrue("Ready") ? "Running" : "NotReady";
    }

    // Once initialized, restarts of init containers are history; those of sidecars go on counting.
    private void KeepSidecarRestarts()
    {
        Restarts = 0;
        LastRestart = null;
        foreach (var status in _pod.Items("status", "initContainerStatuses").Where(s => IsSidecar(Spec(s))))
            CountRestarts(status);
    }

    private void ReadDeletion()
    {
        if (!_pod.Has("metadata", "deletionTimestamp"))
            return;
        if (_pod.Text("status", "reason") == "NodeLost")
            Reason = "Unknown";
        else if (_pod.Text("status", "phase") is not ("Succeeded" or "Failed"))
            Reason = "Terminating";
    }

    private void CountRestarts(JsonElement status)
    {
        Restarts += status.Integer("restartCount");
        if (status.Time("lastState", "terminated", "finishedAt") is { } finished && !(LastRestart >= finished))
            LastRestart = finished;
    }

    private JsonElement Spec(JsonElement status)
    {
        var name = status.Text("name");
        return _initContainers.FirstOrDefault(c => c.Text("name") == name);
    }

    private static bool IsSidecar(JsonElement container) => container.Text("restartPolicy") == "Always";

    private static string TerminatedReason(JsonElement terminated)
    {
        if (terminated.Text("reason") is { Length: > 0 } reason)
            return reason;
        var signal = terminated.Integer("signal");
        return signal != 0 ? $"Signal:{signal}" : $"ExitCode:{terminated.Integer("exitCode")}";
    }
}
