using System.IO.Enumeration;

namespace CloudPlane.Agent;

/// <summary>A key of a docker config file: for which images its credential is, by the kubelet's rules.</summary>
internal static class RegistryKey
{
    private const string DockerHub = "docker.io";

    /// <summary>Without what does not count: a scheme, the version of the registry's API, the other names of Docker Hub.</summary>
    public static string Normalize(string key)
    {
        foreach (var scheme in new[] { "https://", "http://" })
            if (key.StartsWith(scheme, StringComparison.Ordinal)) key = key[scheme.Length..];
        var (host, path) = Split(key);
        if (path.StartsWith("/v1/", StringComparison.Ordinal) || path.StartsWith("/v2/", StringComparison.Ordinal)) path = path[3..];
        return Canonical(path == "/" ? host : host + path);
    }

    /// <summary>
    /// Hosts have the same number of parts, each of which fits (* and ? are globs, within one part only), and the same port; the key's path
    /// begins the image's.
    /// </summary>
    public static bool Matches(string normalizedKey, string reference)
    {
        var (server, path) = Split(normalizedKey);
        var (glob, port) = SplitPort(server);
        var (imageServer, imagePath) = Split(Full(reference));
        var (imageHost, imagePort) = SplitPort(imageServer);
        return port == imagePort && imagePath.StartsWith(path, StringComparison.Ordinal) && PartsMatch(glob.Split('.'), imageHost.Split('.'));
    }

    private static bool PartsMatch(string[] globs, string[] parts) =>
        globs.Length == parts.Length && globs.Zip(parts).All(p => FileSystemName.MatchesSimpleExpression(p.First, p.Second, ignoreCase: false));

    /// <summary>The reference with its registry, as the short names of Docker Hub are spelled out: busybox is docker.io/library/busybox.</summary>
    private static string Full(string reference)
    {
        var registry = ImageName.Registry(reference);
        var name = reference.StartsWith($"{registry}/", StringComparison.Ordinal) ? reference[(registry.Length + 1)..] : reference;
        registry = Canonical(registry);
        return registry == DockerHub && !name.Contains('/') ? $"{registry}/library/{name}" : $"{registry}/{name}";
    }

    private static string Canonical(string host) =>
        host is "index.docker.io" or "index.docker.io/v1" or "registry-1.docker.io" ? DockerHub : host;

    private static (string Server, string Path) Split(string key)
    {
        var slash = key.IndexOf('/');
        return slash < 0 ? (key, "") : (key[..slash], key[slash..]);
    }

    private static (string Host, string Port) SplitPort(string server)
    {
        var colon = server.LastIndexOf(':');
        // The colons of an IPv6 address are in brackets.
        return colon > server.LastIndexOf(']') ? (server[..colon], server[(colon + 1)..]) : (server, "");
    }
}
