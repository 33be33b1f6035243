using System.Text;
using System.Text.Unicode;
using YamlDotNet.Core;

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
