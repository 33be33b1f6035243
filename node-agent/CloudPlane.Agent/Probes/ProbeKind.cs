namespace CloudPlane.Agent;

/// <summary>What a probe decides; the name is how the kubelet's events call it.</summary>
internal enum ProbeKind { Startup, Liveness, Readiness }

/// <summary>What one probing found. <paramref name="Error"/>: it could not even be tried.</summary>
internal readonly record struct ProbeOutcome(bool Success, string Output, bool Error = false, bool Warning = false)
{
    public static ProbeOutcome Ok(string output = "") => new(true, output);

    public static ProbeOutcome Failed(string output) => new(false, output);
}
