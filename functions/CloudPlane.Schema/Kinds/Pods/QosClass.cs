using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>A pod's quality of service, from its containers' cpu and memory.</summary>
internal static class QosClass
{
    public static string Of(JsonObject spec)
    {
        var containers = spec.Items("containers").Concat(spec.Items("initContainers")).Select(c => c.Item.Object("resources")).ToList();
        if (!containers.Any(r => Compute(r.Object("requests")).Any() || Compute(r.Object("limits")).Any()))
            return "BestEffort";
        return containers.All(IsGuaranteed) ? "Guaranteed" : "Burstable";
    }

    private static bool IsGuaranteed(JsonObject? resources)
    {
        var limits = Compute(resources.Object("limits")).ToDictionary();
        var requests = Compute(resources.Object("requests")).ToDictionary();
        return limits.Count == 2 && (requests.Count is 0 or 2) && requests.All(r => limits[r.Key].CompareTo(r.Value) == 0);
    }

    private static IEnumerable<KeyValuePair<string, Quantity>> Compute(JsonObject? list)
    {
        foreach (var name in (string[])["cpu", "memory"])
        {
            if (list.Text(name) is { } text && Quantity.TryParse(text, out var quantity, out _) && quantity.Sign > 0)
                yield return new(name, quantity);
        }
    }
}
