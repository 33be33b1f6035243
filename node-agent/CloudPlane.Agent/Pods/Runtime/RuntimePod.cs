using System.Collections.Immutable;

namespace CloudPlane.Agent;

/// <summary>What containerd has of one pod: the actual state that the actor compares with the desired one. Lists are newest
/// first.</summary>
internal sealed record RuntimePod
{
    public static RuntimePod Empty { get; } = new();

    public ImmutableArray<RuntimeSandbox> Sandboxes { get; init; } = [];
    public ImmutableArray<RuntimeContainer> Containers { get; init; } = [];

    public RuntimeSandbox? Sandbox => Sandboxes.IsEmpty ? null : Sandboxes[0];

    /// <summary>The container's newest instance.</summary>
    public RuntimeContainer? Latest(string name)
    {
        foreach (var container in Containers)
            if (container.Name == name) return container;
        return null;
    }

    /// <summary>The instance before the newest: `--previous`, and the status' lastState.</summary>
    public RuntimeContainer? Previous(string name)
    {
        var seen = false;
        foreach (var container in Containers)
        {
            if (container.Name != name) continue;
            if (seen) return container;
            seen = true;
        }
        return null;
    }

    public RuntimeContainer? Find(string id)
    {
        foreach (var container in Containers)
            if (container.Id == id) return container;
        return null;
    }

    public RuntimePod With(RuntimeSandbox sandbox) => this with { Sandboxes = [sandbox, .. Sandboxes.Where(s => s.Id != sandbox.Id)] };

    /// <summary>Adds the container as the newest, or replaces what was known of it.</summary>
    public RuntimePod With(RuntimeContainer container)
    {
        for (var i = 0; i < Containers.Length; i++)
            if (Containers[i].Id == container.Id) return this with { Containers = Containers.SetItem(i, container) };
        return this with { Containers = Containers.Insert(0, container) };
    }

    public RuntimePod WithoutContainer(string id) => this with { Containers = Containers.RemoveAll(c => c.Id == id) };
}

/// <summary>One sandbox. <paramref name="Attempt"/> counts the pod's sandboxes from 0.</summary>
internal sealed record RuntimeSandbox(string Id, int Attempt, bool Ready, DateTimeOffset CreatedAt, ImmutableArray<string> Ips)
{
    public string? Ip => Ips.IsEmpty ? null : Ips[0];
}

internal enum RuntimeContainerState { Created, Running, Exited, Unknown }

/// <summary>One instance of a container; a restart makes a new one.</summary>
internal sealed record RuntimeContainer
{
    /// <summary>containerd's reason for a container of which the kernel killed a process for its memory.</summary>
    public const string OutOfMemoryReason = "OOMKilled";

    public required string Id { get; init; }
    public required string SandboxId { get; init; }
    public required string Name { get; init; }

    /// <summary>How many instances came before: the status' restartCount.</summary>
    public required int RestartCount { get; init; }

    /// <summary><see cref="ContainerHash"/> of the spec it was made from.</summary>
    public required string Hash { get; init; }
    public required RuntimeContainerState State { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset FinishedAt { get; init; }
    public int ExitCode { get; init; }
    public string Reason { get; init; } = "";
    public string Message { get; init; } = "";

    /// <summary>The image's name as the runtime reports it, and the digest or id that it resolved to.</summary>
    public string Image { get; init; } = "";
    public string ImageId { get; init; } = "";

    /// <summary>Absolute path of its log file; "" when unknown.</summary>
    public string LogPath { get; init; } = "";

    /// <summary>It has ended, but the runtime has not said yet that all it wrote is in its log.</summary>
    public bool StillWriting { get; init; }

    /// <summary>Where it may say why it ended.</summary>
    public TerminationSource Termination { get; init; } = TerminationSource.None;

    public bool Running => State == RuntimeContainerState.Running;
    public bool Exited => State == RuntimeContainerState.Exited;

    /// <summary>A process of it was killed for its memory; by the runtime's rule that is the reason of its end, also when that comes later.</summary>
    public bool OutOfMemory => Reason == OutOfMemoryReason;
    public bool Failed => State == RuntimeContainerState.Exited && ExitCode != 0 || State == RuntimeContainerState.Unknown;
}
