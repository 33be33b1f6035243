namespace CloudPlane.Scheduling;

/// <summary>Where a pod goes, or why it goes nowhere.</summary>
internal sealed record Decision(string? NodeName, string Message)
{
    public static Decision On(string nodeName) => new(nodeName, "");

    public static Decision Nowhere(string message) => new(null, message);
}
