using System.Globalization;
using System.Text;

namespace CloudPlane.Schema;

/// <summary>Where a decode pass is: only spelled out when there is a fault to report.</summary>
internal sealed class DecodePath
{
    private readonly List<Segment> _segments = [];
    private readonly List<ObjectSchema> _types = [];

    public void EnterType(ObjectSchema type) => _types.Add(type);

    public void LeaveType() => _types.RemoveAt(_types.Count - 1);

    public void EnterField(string name) => _segments.Add(new(name, true, 0));

    public void EnterKey(string key) => _segments.Add(new(key, false, 0));

    public void EnterIndex(int index) => _segments.Add(new(null, false, index));

    public void Leave() => _segments.RemoveAt(_segments.Count - 1);

    /// <summary>With indexes and map keys, as in <c>spec.template.spec.containers[0].foo</c>.</summary>
    public string WithIndexes(string? last = null)
    {
        var path = new StringBuilder();
        foreach (var segment in _segments)
        {
            if (segment.Name is null)
                path.Append(CultureInfo.InvariantCulture, $"[{segment.Index}]");
            else
                path.Append(path.Length > 0 ? "." : "").Append(segment.Name);
        }

        return last is null ? path.ToString() : path.Append(path.Length > 0 ? "." : "").Append(last).ToString();
    }

    /// <summary>How encoding/json names the place of a wrong type: the innermost struct, then the fields from the root.</summary>
    public string GoTarget() => _types.Count == 0
        ? "Go value"
        : $"Go struct field {_types[^1].ShortName}.{string.Join('.', _segments.Where(s => s.IsField).Select(s => s.Name))}";

    private readonly record struct Segment(string? Name, bool IsField, int Index);
}
