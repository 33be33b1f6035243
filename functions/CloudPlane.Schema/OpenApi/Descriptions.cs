namespace CloudPlane.Schema;

/// <summary>Short descriptions of kinds and their most used fields, for `kubectl explain`; see descriptions.txt.</summary>
internal sealed class Descriptions
{
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

    private Descriptions(TextReader lines)
    {
        while (lines.ReadLine() is { } line)
        {
            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            if (colon > 0 && line[0] != '#')
                _texts.Add(line[..colon], line[(colon + 2)..]);
        }
    }

    public static Descriptions Load()
    {
        using var stream = typeof(Descriptions).Assembly.GetManifestResourceStream("descriptions.txt")!;
        return new Descriptions(new StreamReader(stream));
    }

    public IEnumerable<string> Keys => _texts.Keys;

    /// <summary>Of a type, by its short name.</summary>
    public string? Of(string type) => _texts.GetValueOrDefault(type) ??
        (type.EndsWith("List", StringComparison.Ordinal) ? $"A list of objects of kind {type[..^4]}." : null);

    /// <summary>Of a field: the type's own line, or the one that holds for every type ("*.field").</summary>
    public string? Of(string type, string field) => _texts.GetValueOrDefault($"{type}.{field}") ?? _texts.GetValueOrDefault($"*.{field}");
}
