using System.Text;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>A container's environment: services, then envFrom, then env in order, each able to refer to what came before.</summary>
internal sealed class EnvironmentBuilder(IObjectSource objects, Func<IEnumerable<Service>> services)
{
    /// <exception cref="ContainerConfigException">Something that is not optional is missing.</exception>
    public async Task<IReadOnlyList<KeyValuePair<string, string>>> BuildAsync(Container container, DownwardFields fields,
        CancellationToken cancellationToken)
    {
        var ns = fields.Pod.Namespace();
        var fromServices = ServiceVariables.Of(fields.Pod, services());
        var result = new OrderedDictionary<string, string>();
        foreach (var source in container.EnvFrom ?? []) await AddFromAsync(result, source, ns, cancellationToken).ConfigureAwait(false);
        foreach (var variable in container.Env ?? [])
        {
            var value = variable.ValueFrom is { } from
                ? await ValueFromAsync(from, fields, container.Name!, cancellationToken).ConfigureAwait(false)
                : VariableExpansion.Expand(variable.Value ?? "", name =>
                    result.TryGetValue(name, out var known) ? known : fromServices.GetValueOrDefault(name));
            if (value is not null) result[variable.Name ?? ""] = value;
        }
        foreach (var (name, value) in fromServices) result.TryAdd(name, value);
        return [.. result];
    }

    /// <summary>The config maps and secrets that a pod's environment needs, to fetch them ahead.</summary>
    public static IEnumerable<(bool Secret, string Name)> References(Pod pod)
    {
        foreach (var container in pod.AllContainers())
        {
            foreach (var source in container.EnvFrom ?? [])
            {
                if (source.ConfigMapRef?.Name is { } map) yield return (false, map);
                if (source.SecretRef?.Name is { } secret) yield return (true, secret);
            }
            foreach (var variable in container.Env ?? [])
            {
                if (variable.ValueFrom?.ConfigMapKeyRef?.Name is { } map) yield return (false, map);
                if (variable.ValueFrom?.SecretKeyRef?.Name is { } secret) yield return (true, secret);
            }
        }
    }

    private async Task AddFromAsync(OrderedDictionary<string, string> result, EnvFromSource source, string ns,
        CancellationToken cancellationToken)
    {
        IEnumerable<KeyValuePair<string, string>>? data = null;
        if (source.ConfigMapRef is { } map)
        {
            var found = await objects.ConfigMapAsync(ns, map.Name ?? "", cancellationToken).ConfigureAwait(false);
            data = found is null ? Missing(map.Optional, $"configmap \"{map.Name}\" not found") : found.Data;
        }
        else if (source.SecretRef is { } secret)
        {
            var found = await objects.SecretAsync(ns, secret.Name ?? "", cancellationToken).ConfigureAwait(false);
            data = found is null ? Missing(secret.Optional, $"secret \"{secret.Name}\" not found") : found.Data?.Select(e =>
                KeyValuePair.Create(e.Key, Decode(e.Value)));
        }
        foreach (var (key, value) in (data ?? []).OrderBy(e => e.Key, StringComparer.Ordinal))
        {
            var name = source.Prefix + key;
            if (name.Length > 0 && !name.Contains('=')) result[name] = value;
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Missing(bool? optional, string message) =>
        optional == true ? [] : throw new ContainerConfigException(message);

    private async Task<string?> ValueFromAsync(EnvVarSource from, DownwardFields fields, string container,
        CancellationToken cancellationToken)
    {
        var ns = fields.Pod.Namespace();
        if (from.FieldRef is { } field) return fields.Field(field.FieldPath ?? "");
        if (from.ResourceFieldRef is { } resource) return fields.Resource(resource, container);
        if (from.ConfigMapKeyRef is { } mapKey)
        {
            var map = await objects.ConfigMapAsync(ns, mapKey.Name ?? "", cancellationToken).ConfigureAwait(false);
            if (map is null) return mapKey.Optional == true
                ? null : throw new ContainerConfigException($"configmap \"{mapKey.Name}\" not found");
            if (map.Data?.TryGetValue(mapKey.Key ?? "", out var value) == true) return value;
            return mapKey.Optional == true
                ? null : throw new ContainerConfigException($"couldn't find key {mapKey.Key} in ConfigMap {ns}/{mapKey.Name}");
        }
        if (from.SecretKeyRef is { } secretKey)
        {
            var secret = await objects.SecretAsync(ns, secretKey.Name ?? "", cancellationToken).ConfigureAwait(false);
            if (secret is null) return secretKey.Optional == true
                ? null : throw new ContainerConfigException($"secret \"{secretKey.Name}\" not found");
            if (secret.Data?.TryGetValue(secretKey.Key ?? "", out var value) == true) return Decode(value);
            return secretKey.Optional == true
                ? null : throw new ContainerConfigException($"couldn't find key {secretKey.Key} in Secret {ns}/{secretKey.Name}");
        }
        throw new ContainerConfigException(from.FileKeyRef is not null
            ? "valueFrom.fileKeyRef is not supported by this node" : "invalid valueFrom: no known source is set");
    }

    private static string Decode(string base64)
    {
        try
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(base64));
        }
        catch (FormatException)
        {
            throw new ContainerConfigException("a secret's data is not base64");
        }
    }
}
