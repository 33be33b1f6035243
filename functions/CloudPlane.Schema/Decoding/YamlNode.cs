namespace CloudPlane.Schema;

/// <summary>A node of a YAML document; an alias is the node that it refers to.</summary>
internal abstract record YamlNode(long Line);

internal sealed record YamlScalar(string Text, bool IsPlain, string? Tag, long Line) : YamlNode(Line);

internal sealed record YamlSequence(List<YamlNode> Items, long Line) : YamlNode(Line);

internal sealed record YamlMapping(List<(YamlNode Key, YamlNode Value)> Entries, long Line) : YamlNode(Line);
