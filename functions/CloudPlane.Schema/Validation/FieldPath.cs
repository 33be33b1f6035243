using System.Globalization;

namespace CloudPlane.Schema;

/// <summary>Where a fault is; spelled out only when there is one.</summary>
internal sealed class FieldPath
{
    private readonly FieldPath? _parent;
    private readonly string? _name;
    private readonly string? _key;
    private readonly int _index;

    private FieldPath(FieldPath? parent, string? name, string? key, int index) => (_parent, _name, _key, _index) = (parent, name, key, index);

    public static FieldPath Root(string name) => new(null, name, null, 0);

    public FieldPath Child(string name) => new(this, name, null, 0);

    public FieldPath Index(int index) => new(this, null, null, index);

    public FieldPath Key(string key) => new(this, null, key, 0);

    public override string ToString()
    {
        var own = _name is not null ? (_parent is null ? _name : "." + _name)
            : _key is not null ? $"[{_key}]"
            : string.Create(CultureInfo.InvariantCulture, $"[{_index}]");
        return _parent + own;
    }
}
