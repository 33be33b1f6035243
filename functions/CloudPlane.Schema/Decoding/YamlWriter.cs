using System.Text.Json;

namespace CloudPlane.Schema;

/// <summary>Nodes to JSON; expands aliases within a budget.</summary>
internal sealed class YamlWriter(Utf8JsonWriter json)
{
    // What goyaml lets a document with aliases decode before it calls them excessive.
    private const int MaxNodes = 400_000;

    private int _nodes;

    public static byte[] ToJson(YamlNode? root)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            if (root is null)
                json.WriteNullValue();
            else
                new YamlWriter(json).Write(root, 0);
        }

        return buffer.ToArray();
    }

    private void Write(YamlNode node, int depth)
    {
        if (++_nodes > MaxNodes)
            throw new FormatException("yaml: document contains excessive aliasing");
        // Deeper than any document can be written: aliases inside aliases.
        if (depth > ObjectDecoder.MaxDepth)
            throw new FormatException("yaml: exceeded max depth");
        switch (node)
        {
            case YamlScalar scalar:
                YamlScalars.Write(scalar, json);
                break;
            case YamlSequence sequence:
                json.WriteStartArray();
                foreach (var item in sequence.Items)
                    Write(item, depth + 1);
                json.WriteEndArray();
                break;
            case YamlMapping mapping:
                WriteMapping(mapping, depth);
                break;
        }
    }

    private void WriteMapping(YamlMapping mapping, int depth)
    {
        json.WriteStartObject();
        HashSet<string>? own = null;
        foreach (var (key, value) in mapping.Entries)
        {
            if (IsMerge(key))
                continue;
            json.WritePropertyName(YamlScalars.Key(key));
            Write(value, depth + 1);
        }

        foreach (var (_, value) in mapping.Entries.Where(e => IsMerge(e.Key)))
        {
            own ??= [.. mapping.Entries.Where(e => !IsMerge(e.Key)).Select(e => YamlScalars.Key(e.Key))];
            Merge(value, own, depth);
        }

        json.WriteEndObject();
    }

    // YAML 1.1's merge key: what the mapping doesn't have itself comes from the merged ones, the first wins.
    private void Merge(YamlNode value, HashSet<string> known, int depth)
    {
        if (++_nodes > MaxNodes || depth > ObjectDecoder.MaxDepth)
            throw new FormatException("yaml: document contains excessive aliasing");
        switch (value)
        {
            case YamlMapping mapping:
                foreach (var (key, merged) in mapping.Entries.Where(e => !IsMerge(e.Key)))
                {
                    if (!known.Add(YamlScalars.Key(key)))
                        continue;
                    json.WritePropertyName(YamlScalars.Key(key));
                    Write(merged, depth + 1);
                }

                foreach (var (_, nested) in mapping.Entries.Where(e => IsMerge(e.Key)))
                    Merge(nested, known, depth + 1);
                break;
            case YamlSequence sequence:
                foreach (var item in sequence.Items)
                    Merge(item, known, depth + 1);
                break;
            default:
                throw new FormatException($"yaml: line {value.Line}: map merge requires map or sequence of maps as the value");
        }
    }

    private static bool IsMerge(YamlNode key) => key is YamlScalar { Text: "<<", IsPlain: true, Tag: null };
}
