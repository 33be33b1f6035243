namespace CloudPlane.Schema;

/// <summary>A field selector (=, ==, != joined by commas, with backslash escapes). Immutable.</summary>
public sealed class FieldSelector
{
    public static FieldSelector Everything { get; } = new();

    /// <summary>Checks the field labels against what the resource supports (metadata.name and metadata.namespace for all, more for some kinds).</summary>
    /// <exception cref="FormatException">Malformed, or <c>field label not supported: x</c>.</exception>
    public static FieldSelector Parse(ResourceType resource, string text) => throw new NotImplementedException();

    public bool IsEverything => throw new NotImplementedException();

    /// <summary>The name that a <c>metadata.name=x</c> term demands, or null: lets LIST and WATCH read one object.</summary>
    public string? RequiredName => throw new NotImplementedException();
}
