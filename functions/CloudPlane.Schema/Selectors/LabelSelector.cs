using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>A label selector, from its query form or from a metav1.LabelSelector. Immutable.</summary>
public sealed class LabelSelector
{
    /// <summary>Matches everything.</summary>
    public static LabelSelector Everything { get; } = new();

    /// <exception cref="FormatException">In the words of k8s.io/apimachinery/pkg/labels.</exception>
    public static LabelSelector Parse(string text) => throw new NotImplementedException();

    /// <exception cref="FormatException">An unknown operator or a value that is no label value.</exception>
    public static LabelSelector FromObject(JsonObject? selector) => throw new NotImplementedException();

    public bool IsEverything => throw new NotImplementedException();

    public bool Matches(IReadOnlyDictionary<string, string> labels) => throw new NotImplementedException();
}
