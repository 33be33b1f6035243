using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace CloudPlane.Functions;

/// <summary>A flat YAML mapping of names to scalars, read event by event (no object mapping, no reflection).</summary>
internal static class YamlSettings
{
    /// <exception cref="FormatException">Not YAML, or not a flat mapping.</exception>
    public static Dictionary<string, string> Read(string yaml)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            var parser = new Parser(new StringReader(yaml));
            parser.Consume<StreamStart>();
            if (parser.TryConsume<StreamEnd>(out _))
                return values;
            parser.Consume<DocumentStart>();
            parser.Consume<MappingStart>();
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var key = parser.Consume<Scalar>().Value;
                values[key] = parser.Consume<Scalar>().Value;
            }
        }
        catch (YamlException e)
        {
            throw new FormatException($"line {e.Start.Line}: expected a flat mapping of settings: {e.Message}");
        }

        return values;
    }
}
