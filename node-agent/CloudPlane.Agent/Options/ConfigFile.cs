using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace CloudPlane.Agent;

/// <summary>The YAML configuration file: one flat mapping; labels and taints may also be a mapping and a list.</summary>
internal static class ConfigFile
{
    public static Dictionary<string, string> Read(string path, List<string> errors)
    {
        try
        {
            using var reader = new StreamReader(path);
            return Parse(reader, path, errors);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            errors.Add($"--config: {e.Message}");
        }
        catch (YamlException e)
        {
            errors.Add($"{path}:{e.Start.Line}:{e.Start.Column}: {e.Message}");
        }
        return [];
    }

    internal static Dictionary<string, string> Parse(TextReader reader, string path, List<string> errors)
    {
        var settings = new Dictionary<string, string>();
        var parser = new Parser(reader);
        parser.Consume<StreamStart>();
        if (!parser.TryConsume<DocumentStart>(out _)) return settings;
        if (!parser.TryConsume<MappingStart>(out _))
        {
            errors.Add($"{path}: a mapping of settings is expected");
            return settings;
        }
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            var key = parser.Consume<Scalar>();
            if (key.Value == Setting.Config || Setting.All.All(s => s.Name != key.Value))
                errors.Add($"{path}:{key.Start.Line}: unknown setting \"{key.Value}\"");
            else if (settings.ContainsKey(key.Value)) errors.Add($"{path}:{key.Start.Line}: \"{key.Value}\" is set twice");
            settings[key.Value] = Value(parser);
        }
        return settings;
    }

    /// <summary>A scalar; a list or mapping of scalars in the flags' own form (a,b and k=v,k=v).</summary>
    private static string Value(Parser parser)
    {
        if (parser.TryConsume<Scalar>(out var scalar)) return scalar.Value;
        var parts = new List<string>();
        if (parser.TryConsume<SequenceStart>(out _))
        {
            while (!parser.TryConsume<SequenceEnd>(out _)) parts.Add(parser.Consume<Scalar>().Value);
            return string.Join(',', parts);
        }
        parser.Consume<MappingStart>();
        while (!parser.TryConsume<MappingEnd>(out _)) parts.Add($"{parser.Consume<Scalar>().Value}={parser.Consume<Scalar>().Value}");
        return string.Join(',', parts);
    }
}
