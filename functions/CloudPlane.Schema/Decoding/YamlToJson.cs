namespace CloudPlane.Schema;

/// <summary>A YAML request body (application/yaml) to JSON, by YAML 1.1's scalar rules as sigs.k8s.io/yaml reads them.</summary>
public static class YamlToJson
{
    /// <exception cref="FormatException">Not YAML, or not one document; says what and where.</exception>
    public static byte[] Convert(ReadOnlySpan<byte> yaml) => throw new NotImplementedException();
}
