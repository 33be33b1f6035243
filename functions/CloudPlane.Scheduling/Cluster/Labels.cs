using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>Maps of texts.</summary>
internal static class Labels
{
    /// <summary>Whether both say the same; an absent map is an empty one.</summary>
    public static bool Same(IReadOnlyDictionary<string, string>? a, IReadOnlyDictionary<string, string>? b) =>
        (a?.Count ?? 0) == (b?.Count ?? 0) && (a is null || LabelSelectors.ContainsAll(b, a));
}
