namespace CloudPlane.Schema;

/// <summary>What the schema says of an object's fields while a patch walks it: a struct, a map of one value type, or nothing.</summary>
internal readonly struct PatchShape
{
    private readonly ObjectSchema? _type;
    private readonly FieldSchema? _values;

    private PatchShape(ObjectSchema? type, FieldSchema? values)
    {
        _type = type;
        _values = values;
    }

    public static PatchShape Of(ObjectSchema type) => new(type, null);

    /// <summary>Of the objects that a field (or an item of a list field) holds.</summary>
    public static PatchShape Of(FieldSchema? field) => field?.Kind switch
    {
        FieldKind.Ref => new(field.Ref!(), null),
        FieldKind.Map => new(null, field.Values),
        FieldKind.Array => Of(field.Items),
        _ => default,
    };

    public FieldSchema? Field(string name) => _type is null ? _values : _type.Fields.GetValueOrDefault(name);

    /// <summary>Whether the field's lists merge; absent means replace. retainKeys says only that clients send $retainKeys.</summary>
    public static bool Merges(FieldSchema? field) => field?.PatchStrategy is "merge" or "merge,retainKeys";

    /// <summary>Whether the field's object is replaced whole.</summary>
    public static bool Replaces(FieldSchema? field) => field?.PatchStrategy == "replace";
}
