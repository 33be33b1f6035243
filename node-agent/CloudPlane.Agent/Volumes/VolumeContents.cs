using System.Text;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>The files of configMap, secret, downwardAPI and projected volumes.</summary>
internal sealed class VolumeContents(IObjectSource objects)
{
    private const int DefaultMode = 0b110_100_100;

    public static bool IsProjected(Volume volume) =>
        volume.ConfigMap is not null || volume.Secret is not null || volume.DownwardAPI is not null || volume.Projected is not null;

    /// <exception cref="VolumeException">Something that is not optional is missing, or the source is not supported.</exception>
    public async Task<IReadOnlyList<VolumeFile>> ReadAsync(Volume volume, DownwardFields fields, CancellationToken cancellationToken)
    {
        var files = new Files(volume.Name ?? "");
        var ns = fields.Pod.Namespace();
        if (volume.ConfigMap is { } map)
            await AddConfigMapAsync(files, ns, map.Name, map.Items, map.DefaultMode, map.Optional, cancellationToken).ConfigureAwait(false);
        else if (volume.Secret is { } secret)
            await AddSecretAsync(files, ns, secret.SecretName, secret.Items, secret.DefaultMode, secret.Optional, cancellationToken)
                .ConfigureAwait(false);
        else if (volume.DownwardAPI is { } downward) AddDownward(files, fields, downward.Items, downward.DefaultMode);
        else foreach (var source in volume.Projected?.Sources ?? [])
            await AddProjectionAsync(files, source, fields, volume.Projected!.DefaultMode, cancellationToken).ConfigureAwait(false);
        return files.All;
    }

    private async Task AddProjectionAsync(Files files, VolumeProjection source, DownwardFields fields, int? mode,
        CancellationToken cancellationToken)
    {
        var ns = fields.Pod.Namespace();
        if (source.ConfigMap is { } map)
            await AddConfigMapAsync(files, ns, map.Name, map.Items, mode, map.Optional, cancellationToken).ConfigureAwait(false);
        else if (source.Secret is { } secret)
            await AddSecretAsync(files, ns, secret.Name, secret.Items, mode, secret.Optional, cancellationToken).ConfigureAwait(false);
        else if (source.DownwardAPI is { } downward) AddDownward(files, fields, downward.Items, mode);
        else throw files.Refuse($"projected volume source {UnsupportedField.Of(source) ?? "of no kind"} is not supported by this node");
    }

    private async Task AddConfigMapAsync(Files files, string ns, string? name, IReadOnlyList<KeyToPath>? items, int? mode, bool? optional,
        CancellationToken cancellationToken)
    {
        var map = await objects.ConfigMapAsync(ns, name ?? "", cancellationToken).ConfigureAwait(false);
        if (map is null && optional != true) throw files.Refuse($"configmap \"{name}\" not found");
        var data = new Dictionary<string, byte[]>();
        foreach (var (key, value) in map?.Data ?? new Dictionary<string, string>()) data[key] = Encoding.UTF8.GetBytes(value);
        foreach (var (key, value) in map?.BinaryData ?? new Dictionary<string, string>()) data[key] = files.Decode(value);
        files.Add(data, items, mode, optional, "references non-existent config key");
    }

    private async Task AddSecretAsync(Files files, string ns, string? name, IReadOnlyList<KeyToPath>? items, int? mode, bool? optional,
        CancellationToken cancellationToken)
    {
        var secret = await objects.SecretAsync(ns, name ?? "", cancellationToken).ConfigureAwait(false);
        if (secret is null && optional != true) throw files.Refuse($"secret \"{name}\" not found");
        var data = new Dictionary<string, byte[]>();
        foreach (var (key, value) in secret?.Data ?? new Dictionary<string, string>()) data[key] = files.Decode(value);
        files.Add(data, items, mode, optional, "references non-existent secret key");
    }

    private static void AddDownward(Files files, DownwardFields fields, IReadOnlyList<DownwardAPIVolumeFile>? items, int? mode)
    {
        foreach (var item in items ?? [])
        {
            try
            {
                var text = item.FieldRef is { } field ? fields.Field(field.FieldPath ?? "") : item.ResourceFieldRef is { } resource
                    ? fields.Resource(resource, null) : "";
                files.Add(item.Path ?? "", Encoding.UTF8.GetBytes(text), item.Mode ?? mode);
            }
            catch (ContainerConfigException e)
            {
                throw files.Refuse(e.Message);
            }
        }
    }

    private sealed class Files(string volume)
    {
        private readonly OrderedDictionary<string, VolumeFile> _files = new();

        public IReadOnlyList<VolumeFile> All => [.. _files.Values];

        public VolumeException Refuse(string message) => new(volume, message);

        public void Add(Dictionary<string, byte[]> data, IReadOnlyList<KeyToPath>? items, int? mode, bool? optional, string missing)
        {
            if (items is not { Count: > 0 })
            {
                foreach (var (key, content) in data.OrderBy(e => e.Key, StringComparer.Ordinal)) Add(key, content, mode);
                return;
            }
            foreach (var item in items)
            {
                if (data.TryGetValue(item.Key ?? "", out var content)) Add(item.Path ?? "", content, item.Mode ?? mode);
                else if (optional != true) throw Refuse($"{missing}: {item.Key}");
            }
        }

        public void Add(string path, byte[] content, int? mode)
        {
            // The API refuses such paths as well; nothing may be written outside of the volume.
            if (path.Length == 0 || path.StartsWith('/') ||
                path.Split('/').Any(p => p is ".." or "" || p.StartsWith("..",
                StringComparison.Ordinal))) throw Refuse($"invalid path \"{path}\"");
            _files[path] = new VolumeFile(path, content, mode ?? DefaultMode);
        }

        public byte[] Decode(string base64)
        {
            try
            {
                return Convert.FromBase64String(base64);
            }
            catch (FormatException)
            {
                throw Refuse("its data is not base64");
            }
        }
    }
}
