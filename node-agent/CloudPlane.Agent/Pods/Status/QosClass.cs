using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>Guaranteed, Burstable or BestEffort, from cpu and memory of every container.</summary>
internal static class QosClass
{
    public const string Guaranteed = "Guaranteed";
    public const string Burstable = "Burstable";
    public const string BestEffort = "BestEffort";

    public static string Of(Pod pod)
    {
        var any = false;
        var guaranteed = true;
        foreach (var container in pod.AllContainers())
        {
            foreach (var resource in (ReadOnlySpan<string>)["cpu", "memory"])
            {
                var request = Positive(container.Resources?.Requests, resource);
                var limit = Positive(container.Resources?.Limits, resource);
                any |= request is not null || limit is not null;
                // A request that is absent is defaulted to the limit by the API server, but a static view must not depend on it.
                guaranteed &= limit is not null && (request ?? limit) == limit;
            }
        }
        return !any ? BestEffort : guaranteed ? Guaranteed : Burstable;
    }

    private static decimal? Positive(IReadOnlyDictionary<string, string>? list, string resource) =>
        Resources.Amount(list, resource) is { } amount and > 0 ? amount : null;
}
