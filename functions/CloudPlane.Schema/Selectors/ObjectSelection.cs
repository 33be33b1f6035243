using System.Text.Json;

namespace CloudPlane.Schema;

/// <summary>Label and field selector together, matched against stored bytes without building a document.</summary>
public sealed class ObjectSelection
{
    private static readonly string[] LabelsPath = ["metadata", "labels"];
    private readonly LabelRequirement[][] _labels;
    private readonly FieldTerm[] _fields;
    private readonly bool _nothing;
    private readonly SelectionPath _root = new("");

    public ObjectSelection(LabelSelector labels, FieldSelector fields)
        : this(labels.Requirements, [.. fields.Terms], labels.IsNothing)
    {
    }

    private ObjectSelection(IReadOnlyList<LabelRequirement> labels, FieldTerm[] fields, bool nothing)
    {
        _labels = [.. labels.GroupBy(r => r.Key, StringComparer.Ordinal).Select(g => g.ToArray())];
        _fields = fields;
        _nothing = nothing;
        if (labels.Count > 0)
            _root.At(LabelsPath).IsLabels = true;
        for (var i = 0; i < fields.Length; i++)
            _root.At(fields[i].Field.Path).Terms.Add(i);
    }

    public bool IsEverything => _labels.Length == 0 && _fields.Length == 0 && !_nothing;

    /// <summary>Reads only what the selectors need from the object's UTF-8 JSON, and only until they are decided.</summary>
    /// <exception cref="JsonException">The document is not JSON (which a stored object is).</exception>
    public bool Matches(ReadOnlySpan<byte> document)
    {
        if (_nothing || IsEverything)
            return !_nothing;
        Span<bool> seen = stackalloc bool[_labels.Length + _fields.Length];
        seen.Clear();
        var reader = new Utf8JsonReader(document);
        reader.Read();
        return Walk(ref reader, _root, seen, last: true) && UnseenMatch(document, seen);
    }

    /// <summary>
    /// Decides the terms below an object; false as soon as one fails. When nothing is wanted after this object (<paramref name="last"/>),
    /// its end is not looked for: the tail of a pod is most of its bytes.
    /// </summary>
    private bool Walk(ref Utf8JsonReader reader, SelectionPath path, scoped Span<bool> seen, bool last)
    {
        var depth = reader.CurrentDepth;
        var left = path.Count;
        while (left > 0 && reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var child = path.Find(ref reader);
            reader.Read();
            if (child is null)
                reader.Skip();
            else if (!Decide(ref reader, child, seen, last && --left == 0))
                return false;
        }

        while (!last && !(reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == depth) && reader.Read())
            reader.Skip();
        return true;
    }

    private bool Decide(ref Utf8JsonReader reader, SelectionPath path, scoped Span<bool> seen, bool last)
    {
        if (reader.TokenType == JsonTokenType.StartObject)
            return path.IsLabels ? DecideLabels(ref reader, seen) : Walk(ref reader, path, seen, last);
        if (reader.TokenType == JsonTokenType.StartArray)
            reader.Skip();
        else if (reader.TokenType != JsonTokenType.Null)
            return DecideFields(ref reader, path, seen);
        return true;
    }

    private bool DecideFields(ref Utf8JsonReader reader, SelectionPath path, scoped Span<bool> seen)
    {
        foreach (var i in path.Terms)
        {
            if (_fields[i].Fallback is not null && reader.ValueSpan.IsEmpty)
                continue;
            seen[_labels.Length + i] = true;
            if (!_fields[i].Matches(ref reader))
                return false;
        }

        return true;
    }

    private bool DecideLabels(ref Utf8JsonReader reader, scoped Span<bool> seen)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var group = IndexOfLabel(ref reader);
            reader.Read();
            if (group < 0)
                continue;
            seen[group] = true;
            foreach (var requirement in _labels[group])
            {
                if (!requirement.Matches(ref reader))
                    return false;
            }
        }

        return UnseenLabelsMatch(seen);
    }

    private int IndexOfLabel(ref Utf8JsonReader key)
    {
        for (var i = 0; i < _labels.Length; i++)
        {
            if (key.ValueTextEquals(_labels[i][0].Utf8Key))
                return i;
        }

        return -1;
    }

    private bool UnseenLabelsMatch(ReadOnlySpan<bool> seen)
    {
        for (var i = 0; i < _labels.Length; i++)
        {
            if (!seen[i] && !Array.TrueForAll(_labels[i], r => r.MatchesAbsent))
                return false;
        }

        return true;
    }

    private bool UnseenMatch(ReadOnlySpan<byte> document, scoped ReadOnlySpan<bool> seen)
    {
        if (!UnseenLabelsMatch(seen))
            return false;
        for (var i = 0; i < _fields.Length; i++)
        {
            if (!seen[_labels.Length + i] && !AbsentMatches(_fields[i], document))
                return false;
        }

        return true;
    }

    private static bool AbsentMatches(FieldTerm term, ReadOnlySpan<byte> document) => term.Fallback is { } fallback
        ? new ObjectSelection([], [fallback], nothing: false).Matches(document)
        : term.MatchesAbsent;
}
