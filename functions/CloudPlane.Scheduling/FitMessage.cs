using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>What Kubernetes says of a pod that fits nowhere.</summary>
internal static class FitMessage
{
    public const string NoNodes = "no nodes available to schedule pods";

    public static string Of(PodSpec spec, IReadOnlyList<Rejection> rejections)
    {
        var preemption = spec.PreemptionPolicy == "Never"
            ? "not eligible due to preemptionPolicy=Never."
            : Histogram(rejections.Count, rejections.Select(PreemptionReason));
        return $"{Histogram(rejections.Count, rejections.SelectMany(r => r.Reasons))} preemption: {preemption}";
    }

    private static string PreemptionReason(Rejection rejection) =>
        rejection.Unresolvable ? "Preemption is not helpful for scheduling" : "No preemption victims found for incoming pod";

    // Sorted as text, the number first: as Kubernetes does it.
    private static string Histogram(int nodes, IEnumerable<string> reasons)
    {
        var counts = reasons.CountBy(r => r).Select(r => $"{r.Value} {r.Key}").Order(StringComparer.Ordinal);
        return $"0/{nodes} nodes are available: {string.Join(", ", counts)}.";
    }
}
