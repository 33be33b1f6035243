using CloudPlane.Client;
using V1 = CloudPlane.Cri.V1;

namespace CloudPlane.Agent;

/// <summary>A container's mounts: its volumes, the pod's hosts file, its termination message.</summary>
internal sealed class ContainerMounts(PodVolumes volumes, PodPaths paths)
{
    /// <exception cref="ContainerConfigException">A mount names no volume, or its subPath leaves it.</exception>
    public IReadOnlyList<V1.Mount> Of(Pod pod, Container container, IReadOnlyDictionary<string, string> environment,
        string? terminationFile)
    {
        var mounts = new List<V1.Mount>();
        foreach (var mount in container.VolumeMounts ?? []) mounts.Add(Volume(pod, mount, environment));
        if (!mounts.Any(m => m.ContainerPath == "/etc/hosts"))
            mounts.Add(new V1.Mount { ContainerPath = "/etc/hosts", HostPath = paths.HostsFile(pod.Uid()) });
        if (terminationFile is not null)
            mounts.Add(new V1.Mount { ContainerPath = container.TerminationMessagePath, HostPath = terminationFile });
        return mounts;
    }

    private V1.Mount Volume(Pod pod, VolumeMount mount, IReadOnlyDictionary<string, string> environment)
    {
        var volume = pod.Spec?.Volumes?.FirstOrDefault(v => v.Name == mount.Name)
            ?? throw new ContainerConfigException($"cannot find volume \"{mount.Name}\" to mount into container");
        if (mount.RecursiveReadOnly == "Enabled")
            throw new ContainerConfigException($"volumeMounts[{mount.Name}].recursiveReadOnly is not supported by this node");
        var subPath = mount.SubPathExpr is { Length: > 0 } expression ? VariableExpansion.Expand(expression, environment) : mount.SubPath;
        var path = volumes.PathOf(pod, volume);
        return new V1.Mount
        {
            ContainerPath = mount.MountPath is ['/', ..] ? mount.MountPath : $"/{mount.MountPath}",
            HostPath = string.IsNullOrEmpty(subPath) ? path : SubPath(path, subPath, mount.Name!),
            Readonly = mount.ReadOnly == true,
            Propagation = mount.MountPropagation switch
            {
                "HostToContainer" => V1.MountPropagation.PropagationHostToContainer,
                "Bidirectional" => V1.MountPropagation.PropagationBidirectional,
                _ => V1.MountPropagation.PropagationPrivate,
            },
        };
    }

    /// <summary>
    /// Resolves links now, so that what the runtime mounts is what was checked to be inside of the volume. What is missing is made, step by step
    /// and never through a link, with the volume's own mode: who may write into the volume may write there.
    /// </summary>
    private static string SubPath(string volume, string subPath, string name)
    {
        var failure = new ContainerConfigException($"failed to prepare subPath for volumeMount \"{name}\" of container");
        if (subPath.StartsWith('/') || subPath.Split('/').Contains("..")) throw failure;
        var root = RealPath(volume);
        var at = root;
        foreach (var part in subPath.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != "."))
        {
            var next = Path.Combine(at, part);
            if (new FileInfo(next).LinkTarget is null && !Path.Exists(next))
            {
                var mode = File.GetUnixFileMode(root);
                Directory.CreateDirectory(next, mode);
                // Again, as the process' umask took some of it.
                File.SetUnixFileMode(next, mode);
            }
            at = RealPath(next);
            if (at != root && !at.StartsWith(root + "/", StringComparison.Ordinal) || !Path.Exists(at)) throw failure;
        }
        return at;
    }

    private static string RealPath(string path)
    {
        var real = "/";
        var rest = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        // The kernel's own limit on links in a path.
        for (var links = 0; rest.Count > 0;)
        {
            var part = rest.Pop();
            if (part == ".") continue;
            if (part == "..")
            {
                real = Path.GetDirectoryName(real) ?? "/";
                continue;
            }
            var next = Path.Combine(real, part);
            if (new FileInfo(next).LinkTarget is not { } link) real = next;
            else if (++links > 40) throw new IOException($"too many links in {path}");
            else
            {
                if (link.StartsWith('/')) real = "/";
                foreach (var piece in link.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse()) rest.Push(piece);
            }
        }
        return real;
    }
}
