using System.Text;
using System.Text.Json;
using CloudPlane.Client;
using V1 = CloudPlane.Cri.V1;

namespace CloudPlane.Agent;

/// <summary>Registry credentials from a pod's imagePullSecrets (docker config files in secrets).</summary>
internal static class PullSecrets
{
    /// <summary>
    /// Those that fit the image, and the names of the secrets that do not exist; one that is unreadable gives none. The most specific comes
    /// first: as in the kubelet all keys are tried in descending order, and the same key in the secrets' order.
    /// </summary>
    public static async Task<(IReadOnlyList<V1.AuthConfig> Credentials, IReadOnlyList<string> Absent)> ForAsync(
        Pod pod, string reference, IObjectSource objects, CancellationToken cancellationToken)
    {
        var found = new List<(string Key, V1.AuthConfig Credential)>();
        var absent = new List<string>();
        foreach (var pullSecret in pod.Spec?.ImagePullSecrets ?? [])
        {
            if (pullSecret.Name is not { Length: > 0 } name) continue;
            var secret = await objects.SecretAsync(pod.Namespace(), name, cancellationToken).ConfigureAwait(false);
            if (secret is null) absent.Add(name);
            if (secret?.Data is not { } data) continue;
            if (data.TryGetValue(".dockerconfigjson", out var config)) Add(found, config, reference, nested: true);
            else if (data.TryGetValue(".dockercfg", out var legacy)) Add(found, legacy, reference, nested: false);
        }
        return ([.. found.OrderByDescending(f => f.Key, StringComparer.Ordinal).Select(f => f.Credential)], absent);
    }

    internal static void Add(List<(string Key, V1.AuthConfig Credential)> found, string base64, string reference, bool nested)
    {
        try
        {
            using var document = JsonDocument.Parse(Convert.FromBase64String(base64));
            var entries = document.RootElement;
            if (nested && !entries.TryGetProperty("auths", out entries)) return;
            foreach (var entry in entries.EnumerateObject())
            {
                var key = RegistryKey.Normalize(entry.Name);
                if (RegistryKey.Matches(key, reference)) found.Add((key, Credential(entry.Value)));
            }
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException)
        {
            // As in the kubelet an unreadable secret is no credential; the registry's refusal then shows in the pod's events.
        }
    }

    private static V1.AuthConfig Credential(JsonElement entry)
    {
        var auth = new V1.AuthConfig
        {
            Username = Text(entry, "username"),
            Password = Text(entry, "password"),
            IdentityToken = Text(entry, "identitytoken")
        };
        if (auth.Username.Length > 0 || Text(entry, "auth") is not { Length: > 0 } encoded) return auth;
        var pair = Encoding.UTF8.GetString(Convert.FromBase64String(encoded));
        var colon = pair.IndexOf(':');
        if (colon < 0) return auth;
        auth.Username = pair[..colon];
        auth.Password = pair[(colon + 1)..].TrimEnd('\0');
        return auth;
    }

    private static string Text(JsonElement entry, string name) =>
        entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
