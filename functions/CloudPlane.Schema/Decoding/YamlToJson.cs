using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace CloudPlane.Schema;

/// <summary>A YAML request body (application/yaml) to JSON, by YAML 1.1's scalar rules as sigs.k8s.io/yaml reads them.</summary>
public static class YamlToJson
{
    /// <summary>A repeated key is repeated in the JSON, where the decoder reports it.</summary>
    /// <exception cref="FormatException">Not YAML, or not one document; says what and where.</exception>
    public static byte[] Convert(ReadOnlySpan<byte> yaml)
    {
        if (!Utf8.IsValid(yaml))
            throw new FormatException("yaml: invalid UTF-8");
        var parser = new Parser(new StringReader(Encoding.UTF8.GetString(yaml)));
        try
        {
            return YamlWriter.ToJson(YamlReader.ReadDocument(parser));
        }
        catch (YamlException e)
        {
            throw new FormatException($"yaml: line {e.Start.Line}: {e.Message}", e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            // YamlDotNet's scanner trips over some malformed flow mappings (16.3.0: "{a: b\n&c") instead of refusing them.
            throw new FormatException($"yaml: line {parser.Current?.End.Line ?? 1}: did not find expected node content", e);
        }
    }
}

/// <summary>A node of a YAML document; an alias is the node that it refers to.</summary>
internal abstract record YamlNode(long Line);

internal sealed record YamlScalar(string Text, bool IsPlain, string? Tag, long Line) : YamlNode(Line);

internal sealed record YamlSequence(List<YamlNode> Items, long Line) : YamlNode(Line);

internal sealed record YamlMapping(List<(YamlNode Key, YamlNode Value)> Entries, long Line) : YamlNode(Line);

/// <summary>The parser's events to nodes.</summary>
internal sealed class YamlReader
{
    private readonly IParser _parser;
    private readonly Dictionary<string, YamlNode?> _anchors = new(StringComparer.Ordinal);

    private YamlReader(IParser parser) => _parser = parser;

    /// <summary>The one document of the stream, or null when there is none.</summary>
    public static YamlNode? ReadDocument(IParser parser)
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out _))
            return null;
        parser.Consume<DocumentStart>();
        var root = new YamlReader(parser).Read(0);
        parser.Consume<DocumentEnd>();
        if (parser.Accept<DocumentStart>(out var second))
            throw new FormatException($"yaml: line {second.Start.Line}: expected a single document in the stream but found another document");
        return root;
    }

    private YamlNode Read(int depth)
    {
        if (depth > ObjectDecoder.MaxDepth)
            throw new FormatException("yaml: exceeded max depth");
        if (_parser.TryConsume<AnchorAlias>(out var alias))
            return Resolve(alias);
        var node = _parser.Consume<NodeEvent>();
        // Known, but unfinished: an alias to it from inside would never end.
        if (!node.Anchor.IsEmpty)
            _anchors[node.Anchor.Value] = null;
        YamlNode read = node switch
        {
            Scalar s => new YamlScalar(s.Value, s.Style == ScalarStyle.Plain, Tag(s.Tag), s.Start.Line),
            SequenceStart s => ReadSequence(s, depth),
            MappingStart m => ReadMapping(m, depth),
            _ => throw new FormatException($"yaml: line {node.Start.Line}: unexpected {node.GetType().Name}"),
        };
        if (!node.Anchor.IsEmpty)
            _anchors[node.Anchor.Value] = read;
        return read;
    }

    private YamlSequence ReadSequence(SequenceStart start, int depth)
    {
        var items = new List<YamlNode>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
            items.Add(Read(depth + 1));
        return new(items, start.Start.Line);
    }

    private YamlMapping ReadMapping(MappingStart start, int depth)
    {
        var entries = new List<(YamlNode, YamlNode)>();
        while (!_parser.TryConsume<MappingEnd>(out _))
            entries.Add((Read(depth + 1), Read(depth + 1)));
        return new(entries, start.Start.Line);
    }

    private YamlNode Resolve(AnchorAlias alias)
    {
        if (!_anchors.TryGetValue(alias.Value.Value, out var node))
            throw new FormatException($"yaml: line {alias.Start.Line}: unknown anchor '{alias.Value.Value}' referenced");
        return node ?? throw new FormatException($"yaml: line {alias.Start.Line}: anchor '{alias.Value.Value}' value contains itself");
    }

    private static string? Tag(TagName tag) => tag.IsEmpty ? null : tag.IsNonSpecific ? "!" : tag.Value;
}

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
