using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>Sets up, refreshes and removes the volumes of pods.</summary>
internal sealed class PodVolumes(IObjectSource objects, IMounter mounter, PodPaths paths, TimeProvider time)
{
    private const UnixFileMode OpenToAll = (UnixFileMode)0b111_111_111;
    private const UnixFileMode OpenToAllSetGroup = OpenToAll | UnixFileMode.SetGroup;
    private readonly VolumeContents _contents = new(objects);
    private readonly AtomicWriter _writer = new(mounter);

    /// <summary>Makes every volume of the pod; may run again, and then brings contents up to date.</summary>
    /// <exception cref="VolumeException">One can't be made.</exception>
    public async Task SetUpAsync(DownwardFields fields, CancellationToken cancellationToken)
    {
        foreach (var volume in fields.Pod.Spec?.Volumes ?? [])
        {
            try
            {
                await SetUpAsync(volume, fields, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ApiException or ApiUnreachableException)
            {
                throw new VolumeException(volume.Name ?? "", e.Message);
            }
        }
    }

    /// <summary>True when the pod has volumes whose content may change under it.</summary>
    public static bool NeedsRefresh(Pod pod) => (pod.Spec?.Volumes ?? []).Any(VolumeContents.IsProjected);

    /// <summary>Where a volume is on the host.</summary>
    public string PathOf(Pod pod, Volume volume)
    {
        if (volume.HostPath is { } host) return host.Path ?? "";
        var kind = volume switch
        {
            { ConfigMap: not null } => "configmap",
            { Secret: not null } => "secret",
            { DownwardAPI: not null } => "downward-api",
            { Projected: not null } => "projected",
            _ => "empty-dir",
        };
        return paths.Volume(pod.Uid(), kind, volume.Name!);
    }

    /// <summary>Unmounts and deletes all that is on disk of the pod, except its logs.</summary>
    public void Remove(string podUid)
    {
        var directory = paths.Pod(podUid);
        if (!Directory.Exists(directory)) return;
        mounter.UnmountAll(directory);
        Directory.Delete(directory, recursive: true);
    }

    private async Task SetUpAsync(Volume volume, DownwardFields fields, CancellationToken cancellationToken)
    {
        var path = PathOf(fields.Pod, volume);
        var group = fields.Pod.Spec?.SecurityContext?.FsGroup;
        if (volume.HostPath is { } hostPath) HostPaths.SetUp(volume.Name ?? "", hostPath);
        else if (volume.EmptyDir is { } emptyDir) SetUpEmptyDir(path, emptyDir, group);
        else if (VolumeContents.IsProjected(volume))
            await SetUpProjectedAsync(path, volume, fields, group, cancellationToken).ConfigureAwait(false);
        else throw new VolumeException(volume.Name
            ?? "", $"volumes of type {UnsupportedField.Of(volume) ?? "(none)"} are not supported by this node");
    }

    private void SetUpEmptyDir(string path, EmptyDirVolumeSource source, long? group)
    {
        var made = !Directory.Exists(path);
        Directory.CreateDirectory(path);
        if (source.Medium == "Memory") mounter.MountTmpfs(path, SizeLimit(source));
        else if (source.Medium is { Length: > 0 } medium) throw new IOException($"unknown storage medium {medium}");
        // Once in use, its owner may have set other permissions.
        if (!made) return;
        if (group is { } id) mounter.SetGroup(path, id);
        File.SetUnixFileMode(path, group is null ? OpenToAll : OpenToAllSetGroup);
    }

    private static long? SizeLimit(EmptyDirVolumeSource source) =>
        source.SizeLimit is { } text && Quantity.TryParse(text, out var limit) && limit.Value > 0 ? limit.Value : null;

    private async Task SetUpProjectedAsync(string path, Volume volume, DownwardFields fields, long? group,
        CancellationToken cancellationToken)
    {
        var files = await _contents.ReadAsync(volume, fields, cancellationToken).ConfigureAwait(false);
        Directory.CreateDirectory(path);
        // Secrets never reach a disk.
        if (volume.Secret is not null || volume.Projected?.Sources?.Any(s => s.Secret is not null) == true) mounter.MountTmpfs(path, null);
        File.SetUnixFileMode(path, OpenToAll);
        _writer.Write(path, files, group, time.GetUtcNow());
    }
}
