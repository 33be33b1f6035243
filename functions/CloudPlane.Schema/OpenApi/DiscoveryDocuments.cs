using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace CloudPlane.Schema;

/// <summary>Discovery derived from the catalog: APIVersions, APIGroupList, APIGroup, APIResourceList, and the aggregated v2 and v2beta1 forms.</summary>
public sealed class DiscoveryDocuments(Catalog catalog)
{
    /// <summary>/api.</summary>
    public byte[] CoreVersions() => JsonBytes.Write(json =>
    {
        json.WriteString("kind", "APIVersions");
        json.WriteStrings("versions", Versions(""));
        // In-cluster clients don't choose an address by it any more, and this document doesn't know the caller's.
        json.WriteStrings("serverAddressByClientCIDRs", []);
    });

    /// <summary>/apis.</summary>
    public byte[] Groups() => JsonBytes.Write(json =>
    {
        json.WriteString("kind", "APIGroupList");
        json.WriteString("apiVersion", "v1");
        json.WriteStartArray("groups");
        foreach (var group in NamedGroups)
        {
            json.WriteStartObject();
            WriteGroup(json, group);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    /// <summary>/apis/{group}, or null.</summary>
    public byte[]? Group(string group) => !NamedGroups.Contains(group) ? null : JsonBytes.Write(json =>
    {
        json.WriteString("kind", "APIGroup");
        json.WriteString("apiVersion", "v1");
        WriteGroup(json, group);
    });

    /// <summary>/api/v1 ("" group) or /apis/{group}/{version}, or null.</summary>
    public byte[]? Resources(string group, string version)
    {
        var resources = Of(group, version);
        return resources.Count == 0 ? null : JsonBytes.Write(json =>
        {
            json.WriteString("kind", "APIResourceList");
            if (group.Length > 0)
                json.WriteString("apiVersion", "v1");
            json.WriteString("groupVersion", resources[0].ApiVersion);
            json.WriteStartArray("resources");
            foreach (var resource in resources)
                WriteResource(json, resource);
            json.WriteEndArray();
        });
    }

    /// <summary>apidiscovery.k8s.io APIGroupDiscoveryList of /api (core) or /apis, version "v2" or "v2beta1".</summary>
    public byte[] Aggregated(bool core, string version) => JsonBytes.Write(json =>
    {
        json.WriteString("kind", "APIGroupDiscoveryList");
        json.WriteString("apiVersion", $"apidiscovery.k8s.io/{version}");
        json.WriteStartObject("metadata");
        json.WriteEndObject();
        json.WriteStartArray("items");
        foreach (var group in core ? [""] : NamedGroups)
            WriteAggregatedGroup(json, group);
        json.WriteEndArray();
    });

    private IEnumerable<string> NamedGroups => catalog.Resources.Select(r => r.Group).Where(g => g.Length > 0).Distinct();

    private IEnumerable<string> Versions(string group) => catalog.Resources.Where(r => r.Group == group).Select(r => r.Version).Distinct();

    private List<ResourceType> Of(string group, string version) =>
        [.. catalog.Resources.Where(r => r.Group == group && r.Version == version).OrderBy(r => r.Plural, StringComparer.Ordinal)];

    private void WriteGroup(Utf8JsonWriter json, string group)
    {
        json.WriteString("name", group);
        json.WriteStartArray("versions");
        foreach (var version in Versions(group))
        {
            json.WriteStartObject();
            WriteVersion(json, group, version);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("preferredVersion");
        WriteVersion(json, group, Versions(group).First());
        json.WriteEndObject();
    }

    private static void WriteVersion(Utf8JsonWriter json, string group, string version)
    {
        json.WriteString("groupVersion", $"{group}/{version}");
        json.WriteString("version", version);
    }

    private static void WriteResource(Utf8JsonWriter json, ResourceType resource)
    {
        json.WriteStartObject();
        json.WriteString("name", resource.Plural);
        json.WriteString("singularName", resource.Singular);
        json.WriteBoolean("namespaced", resource.Namespaced);
        json.WriteString("kind", resource.Kind);
        json.WriteStrings("verbs", resource.Verbs);
        WriteNames(json, resource);
        if (resource.ListKind.Length > 0)
            json.WriteString("storageVersionHash", StorageVersionHash(resource));
        json.WriteEndObject();

        foreach (var subresource in resource.Subresources.OrderBy(s => s.Name, StringComparer.Ordinal))
            WriteSubresource(json, resource, subresource);
    }

    private static void WriteSubresource(Utf8JsonWriter json, ResourceType resource, Subresource subresource)
    {
        json.WriteStartObject();
        json.WriteString("name", $"{resource.Plural}/{subresource.Name}");
        json.WriteString("singularName", "");
        json.WriteBoolean("namespaced", resource.Namespaced);
        if (subresource.Group != resource.Group || subresource.Version != resource.Version)
        {
            json.WriteString("group", subresource.Group);
            json.WriteString("version", subresource.Version);
        }

        json.WriteString("kind", subresource.Kind);
        json.WriteStrings("verbs", subresource.Verbs);
        json.WriteEndObject();
    }

    private void WriteAggregatedGroup(Utf8JsonWriter json, string group)
    {
        json.WriteStartObject();
        json.WriteStartObject("metadata");
        if (group.Length > 0)
            json.WriteString("name", group);
        json.WriteNull("creationTimestamp");
        json.WriteEndObject();
        json.WriteStartArray("versions");
        foreach (var version in Versions(group))
        {
            json.WriteStartObject();
            json.WriteString("version", version);
            json.WriteStartArray("resources");
            foreach (var resource in Of(group, version))
                WriteAggregatedResource(json, resource);
            json.WriteEndArray();
            json.WriteString("freshness", "Current");
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteAggregatedResource(Utf8JsonWriter json, ResourceType resource)
    {
        json.WriteStartObject();
        json.WriteString("resource", resource.Plural);
        WriteResponseKind(json, resource.Group, resource.Version, resource.Kind);
        json.WriteString("scope", resource.Namespaced ? "Namespaced" : "Cluster");
        json.WriteString("singularResource", resource.Singular);
        json.WriteStrings("verbs", resource.Verbs);
        WriteNames(json, resource);
        if (resource.Subresources.Count > 0)
        {
            json.WriteStartArray("subresources");
            foreach (var subresource in resource.Subresources.OrderBy(s => s.Name, StringComparer.Ordinal))
            {
                json.WriteStartObject();
                json.WriteString("subresource", subresource.Name);
                WriteResponseKind(json, subresource.Group, subresource.Version, subresource.Kind);
                json.WriteStrings("verbs", subresource.Verbs);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void WriteResponseKind(Utf8JsonWriter json, string group, string version, string kind)
    {
        json.WriteStartObject("responseKind");
        json.WriteString("group", group);
        json.WriteString("version", version);
        json.WriteString("kind", kind);
        json.WriteEndObject();
    }

    private static void WriteNames(Utf8JsonWriter json, ResourceType resource)
    {
        if (resource.ShortNames.Count > 0)
            json.WriteStrings("shortNames", resource.ShortNames);
        if (resource.Categories.Count > 0)
            json.WriteStrings("categories", resource.Categories);
    }

    // As the API server computes it, so that a storage migrator sees the same hash on both.
    private static string StorageVersionHash(ResourceType resource) =>
        Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes($"{resource.Group}/{resource.Version}/{resource.Kind}")).AsSpan(0, 8));
}
