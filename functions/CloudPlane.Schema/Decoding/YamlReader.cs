using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace CloudPlane.Schema;

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
