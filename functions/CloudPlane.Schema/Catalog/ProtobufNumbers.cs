using System.Text;

namespace CloudPlane.Schema;

/// <summary>One protobuf field: its JSON name, or the model that it embeds; a pointer's zero is a value, a plain field's means absent.</summary>
internal sealed record ProtobufField(string Name, bool Pointer, string? Embedded);

/// <summary>Which JSON field a protobuf field number is, by type. Loaded when the first protobuf body comes; parsed type by type.</summary>
internal sealed class ProtobufNumbers
{
    private readonly Dictionary<string, string> _lines = new(StringComparer.Ordinal);
    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, IReadOnlyDictionary<int, ProtobufField>> _parsed = new();

    private ProtobufNumbers(TextReader reader)
    {
        while (reader.ReadLine() is { } line)
        {
            var space = line.IndexOf(' ');
            if (space < 0)
                _lines.Add(line, "");
            else
                _lines.Add(line[..space], line[(space + 1)..]);
        }
    }

    /// <summary>The compiled-in numbers.</summary>
    public static ProtobufNumbers Load()
    {
        using var reader = new StreamReader(typeof(ProtobufNumbers).Assembly.GetManifestResourceStream("protobuf.txt")!, Encoding.UTF8);
        return new ProtobufNumbers(reader);
    }

    /// <summary>The fields of a type by number; empty for one that has no protobuf form.</summary>
    public IReadOnlyDictionary<int, ProtobufField> Of(string model) =>
        _parsed.GetOrAdd(model, name => _lines.TryGetValue(name, out var line) ? Parse(line) : new Dictionary<int, ProtobufField>());

    private static Dictionary<int, ProtobufField> Parse(string line)
    {
        var fields = new Dictionary<int, ProtobufField>();
        foreach (var entry in line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var at = entry.AsSpan().IndexOfAnyExceptInRange('0', '9');
            var number = int.Parse(entry.AsSpan(0, at));
            fields[number] = entry[at] switch
            {
                '>' => new ProtobufField("", false, entry[(at + 1)..]),
                '?' => new ProtobufField(entry[(at + 2)..], true, null),
                _ => new ProtobufField(entry[(at + 1)..], false, null),
            };
        }

        return fields;
    }
}
