namespace CloudPlane.Scheduling;

/// <summary>Why not, in Kubernetes' words. <paramref name="Unresolvable"/>: no matter which pods were evicted.</summary>
internal sealed record Rejection(IReadOnlyList<string> Reasons, bool Unresolvable)
{
    public Rejection(string reason, bool unresolvable) : this([reason], unresolvable)
    {
    }
}
