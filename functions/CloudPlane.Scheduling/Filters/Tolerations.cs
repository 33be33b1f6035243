using CloudPlane.Client;

namespace CloudPlane.Scheduling;

/// <summary>Which tolerations answer which taints.</summary>
internal static class Tolerations
{
    public static bool Tolerate(IReadOnlyList<Toleration>? tolerations, Taint taint)
    {
        foreach (var toleration in tolerations ?? [])
            if (Tolerates(toleration, taint)) return true;
        return false;
    }

    private static bool Tolerates(Toleration toleration, Taint taint)
    {
        if (!string.IsNullOrEmpty(toleration.Effect) && toleration.Effect != taint.Effect) return false;
        // An empty key with Exists tolerates everything.
        if (!string.IsNullOrEmpty(toleration.Key) && toleration.Key != taint.Key) return false;
        return toleration.Operator switch
        {
            "Exists" => true,
            null or "" or "Equal" => !string.IsNullOrEmpty(toleration.Key) && (toleration.Value ?? "") == (taint.Value ?? ""),
            _ => false,
        };
    }
}
