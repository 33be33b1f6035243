using System.Text;
using System.Text.Json;

namespace CloudPlane.Schema;

/// <summary>A tree of the fields that a selection looks at; whatever is not in it is skipped.</summary>
internal sealed class SelectionPath(string name)
{
    private readonly List<SelectionPath> _children = [];

    public byte[] Name { get; } = Encoding.UTF8.GetBytes(name);

    /// <summary>Indices of the terms that this field's value decides.</summary>
    public List<int> Terms { get; } = [];

    /// <summary>The object's labels, whose every key is looked at.</summary>
    public bool IsLabels { get; set; }

    /// <summary>How many children there are: an object is left as soon as all were seen.</summary>
    public int Count => _children.Count;

    public SelectionPath At(IEnumerable<string> path)
    {
        var node = this;
        foreach (var step in path)
            node = node.Child(step);
        return node;
    }

    public SelectionPath? Find(ref Utf8JsonReader property)
    {
        foreach (var child in _children)
        {
            if (property.ValueTextEquals(child.Name))
                return child;
        }

        return null;
    }

    private SelectionPath Child(string step)
    {
        var child = _children.Find(c => c.Name.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(step)));
        if (child is null)
            _children.Add(child = new SelectionPath(step));
        return child;
    }
}
