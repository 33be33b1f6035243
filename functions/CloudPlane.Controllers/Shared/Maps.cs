namespace CloudPlane.Controllers;

internal static class Maps
{
    public static readonly IReadOnlyDictionary<string, string> Empty = new Dictionary<string, string>();

    /// <summary>A copy with one more (or another) entry; records are immutable and share their maps.</summary>
    public static IReadOnlyDictionary<string, string> With(this IReadOnlyDictionary<string, string>? map, string key, string value)
    {
        var copy = map is null ? [] : new Dictionary<string, string>(map);
        copy[key] = value;
        return copy;
    }

    public static string? Find(this IReadOnlyDictionary<string, string>? map, string key) =>
        map is not null && map.TryGetValue(key, out var value) ? value : null;

    /// <summary>Whether both have the same entries, in whatever order.</summary>
    public static bool SameAs(this IReadOnlyDictionary<string, string>? a, IReadOnlyDictionary<string, string>? b) =>
        (a?.Count ?? 0) == (b?.Count ?? 0) && (a ?? Empty).All(entry => b.Find(entry.Key) == entry.Value);
}
