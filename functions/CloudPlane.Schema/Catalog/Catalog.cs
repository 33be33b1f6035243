using System.Collections.Concurrent;
using System.Text;

namespace CloudPlane.Schema;

/// <summary>The served kinds and their types. Immutable; types are materialized when first asked for (cold start).</summary>
public sealed class Catalog
{
    private readonly byte[] _types;
    private readonly Dictionary<string, Range> _lines;
    private readonly ConcurrentDictionary<string, ObjectSchema> _materialized = new();
    private readonly Dictionary<(string Group, string Version, string Plural), ResourceType> _byPlural;
    private readonly Dictionary<(string Group, string Version, string Kind), ResourceType> _byKind;

    private Catalog(byte[] types, byte[] resources)
    {
        _types = types;
        _lines = TypeLines.Index(types);
        Resources = CatalogReader.ReadResources(resources, this);
        _byPlural = Resources.ToDictionary(r => (r.Group, r.Version, r.Plural));
        _byKind = Resources.ToDictionary(r => (r.Group, r.Version, r.Kind));
    }

    /// <summary>The built-in kinds, from the compiled-in catalog.</summary>
    public static Catalog LoadBuiltIn() => new(Embedded("types.json"), Embedded("resources.json"));

    /// <summary>Every served resource, in the order that discovery shows.</summary>
    public IReadOnlyList<ResourceType> Resources { get; }

    /// <summary>Every type's model name, in ordinal order.</summary>
    public IReadOnlyCollection<string> TypeNames => _lines.Keys;

    /// <summary>The resource by its path segment ("" group for core), or null.</summary>
    public ResourceType? Find(string group, string version, string plural) => _byPlural.GetValueOrDefault((group, version, plural));

    /// <summary>The resource by kind, or null.</summary>
    public ResourceType? FindKind(string group, string version, string kind) => _byKind.GetValueOrDefault((group, version, kind));

    /// <summary>A type by its model name, e.g. "io.k8s.api.core.v1.Pod". Unknown names throw: the catalog is closed.</summary>
    public ObjectSchema Type(string modelName)
    {
        if (_materialized.TryGetValue(modelName, out var known))
            return known;
        if (!_lines.TryGetValue(modelName, out var line))
            throw new KeyNotFoundException($"the catalog has no type {modelName}");
        return _materialized.GetOrAdd(modelName, CatalogReader.ReadType(modelName, _types.AsMemory(line), this));
    }

    private static byte[] Embedded(string name)
    {
        using var stream = typeof(Catalog).Assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Where each type's JSON lies in types.json: found by its line, so that the start parses nothing.</summary>
    private static class TypeLines
    {
        public static Dictionary<string, Range> Index(byte[] types)
        {
            var lines = new Dictionary<string, Range>(StringComparer.Ordinal);
            for (var start = 0; start < types.Length;)
            {
                var length = types.AsSpan(start).IndexOf((byte)'\n');
                var end = length < 0 ? types.Length : start + length;
                if (types[start] == '"')
                    Add(lines, types, start, end);
                start = end + 1;
            }

            return lines;
        }

        private static void Add(Dictionary<string, Range> lines, byte[] types, int start, int end)
        {
            var name = types.AsSpan(start + 1);
            name = name[..name.IndexOf((byte)'"')];
            var value = start + 1 + name.Length + 2;
            lines.Add(Encoding.UTF8.GetString(name), value..(types[end - 1] == ',' ? end - 1 : end));
        }
    }
}
