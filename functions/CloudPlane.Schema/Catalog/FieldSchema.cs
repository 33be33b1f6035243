using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>What kind of value a field holds.</summary>
public enum FieldKind { String, Integer, Number, Boolean, Object, Array, Map, Ref }

/// <summary>The shape of a field, an array's item or a map's value; see shared/reference/README.md for each marker's meaning.</summary>
public sealed class FieldSchema
{
    public required FieldKind Kind { get; init; }
    /// <summary>int32, int64, byte, date-time, quantity, int-or-string, raw-extension, json ...; null when plain.</summary>
    public string? Format { get; init; }
    /// <summary>Of an array: its item's shape.</summary>
    public FieldSchema? Items { get; init; }
    /// <summary>Of a map: its value's shape.</summary>
    public FieldSchema? Values { get; init; }
    /// <summary>Of a ref: the type's model name.</summary>
    public string? RefName { get; init; }
    /// <summary>Of a ref: the type, materialized on first use.</summary>
    public Func<ObjectSchema>? Ref { get; init; }
    public IReadOnlyList<string> Enum { get; init; } = [];
    public JsonNode? Default { get; init; }
    public JsonNode? ServerDefault { get; init; }
    /// <summary>The API server sets it under a condition, which is code (Defaulting).</summary>
    public bool HasConditionalDefault { get; init; }
    /// <summary>"atomic", "set", "map"; null means atomic.</summary>
    public string? ListType { get; init; }
    public IReadOnlyList<string> ListMapKeys { get; init; } = [];
    public string? MapType { get; init; }
    /// <summary>"merge", "replace", "merge,retainKeys", "retainKeys"; null means replace.</summary>
    public string? PatchStrategy { get; init; }
    public string? PatchMergeKey { get; init; }

    /// <summary>Of a struct's field: its place among them, for the decoder's record of what it has seen.</summary>
    internal int Ordinal { get; set; }
}
