using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>Amounts out of resource lists; null when the list does not name the resource.</summary>
internal static class Resources
{
    public static decimal? Amount(IReadOnlyDictionary<string, string>? list, string resource) =>
        list is not null && list.TryGetValue(resource, out var text) && Quantity.TryParse(text, out var quantity) ? quantity.Value : null;

    /// <summary>Thousandths, rounded up.</summary>
    public static long? Milli(IReadOnlyDictionary<string, string>? list, string resource) =>
        Amount(list, resource) is { } amount ? (long)Math.Ceiling(amount * 1000) : null;

    /// <summary>Whole units, rounded up.</summary>
    public static long? Whole(IReadOnlyDictionary<string, string>? list, string resource) =>
        Amount(list, resource) is { } amount ? (long)Math.Ceiling(amount) : null;
}
