using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>Amounts out of resource lists; null when the list does not name the resource.</summary>
internal static class Resources
{
    public static Quantity? Get(IReadOnlyDictionary<string, string>? list, string resource) =>
        list is not null && list.TryGetValue(resource, out var text) && Quantity.TryParse(text, out var quantity) ? quantity : null;

    /// <summary>In units, to the thousandth.</summary>
    public static decimal? Amount(IReadOnlyDictionary<string, string>? list, string resource) => Get(list, resource)?.MilliValue / 1000m;

    /// <summary>Thousandths, rounded up.</summary>
    public static long? Milli(IReadOnlyDictionary<string, string>? list, string resource) => Get(list, resource)?.MilliValue;

    /// <summary>Whole units, rounded up.</summary>
    public static long? Whole(IReadOnlyDictionary<string, string>? list, string resource) => Get(list, resource)?.Value;
}
