using System.Diagnostics.CodeAnalysis;

namespace CloudPlane.Schema;

/// <summary>A structural type: named fields with Kubernetes' list and merge markers.</summary>
public sealed class ObjectSchema
{
    private readonly Dictionary<string, FieldSchema> _fields = [];
    private string? _shortName;

    /// <summary>The model name, e.g. "io.k8s.api.core.v1.PodSpec".</summary>
    public required string Name { get; init; }

    /// <summary>The model name's last segment, which is the name of the Go struct.</summary>
    public string ShortName => _shortName ??= Name[(Name.LastIndexOf('.') + 1)..];

    /// <summary>JSON name to shape.</summary>
    public required IReadOnlyDictionary<string, FieldSchema> Fields
    {
        get => _fields;
        init
        {
            _fields = value as Dictionary<string, FieldSchema> ?? new(value, StringComparer.Ordinal);
            var ordinal = 0;
            foreach (var each in _fields.Values)
                each.Ordinal = ordinal++;
        }
    }

    /// <summary>Published as required.</summary>
    public required IReadOnlyList<string> Required { get; init; }

    /// <summary>The whole struct is one unit in server-side apply.</summary>
    public bool Atomic { get; init; }

    /// <summary>The kinds whose objects have this type; empty for parts of objects.</summary>
    public IReadOnlyList<GroupVersionKind> GroupVersionKinds { get; init; } = [];

    /// <summary>Fields of which one at most is set.</summary>
    public IReadOnlyList<Union> Unions { get; init; } = [];

    /// <summary>Made by the defaulter when it first meets the type.</summary>
    internal DefaultingPlan? Defaulting { get; set; }

    /// <summary>Made by the enum validation when it first meets the type.</summary>
    internal IReadOnlyList<(string Name, FieldSchema Field)>? EnumFields { get; set; }

    /// <summary>The field of that exact name, with the name as one shared string.</summary>
    internal bool TryGetField(ReadOnlySpan<char> name, [NotNullWhen(true)] out string? shared, [NotNullWhen(true)] out FieldSchema? field) =>
        _fields.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out shared, out field);
}

/// <summary>A registered kind.</summary>
public sealed record GroupVersionKind(string Group, string Version, string Kind);

/// <summary>A union of fields, told apart by <paramref name="Discriminator"/> when there is one.</summary>
public sealed record Union(string? Discriminator, IReadOnlyList<string> Fields);
