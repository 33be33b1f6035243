namespace CloudPlane.Client;

/// <summary>How a patch is applied.</summary>
public enum PatchKind
{
    /// <summary>RFC 6902.</summary>
    Json,

    /// <summary>RFC 7386.</summary>
    Merge,

    /// <summary>Kubernetes' strategic merge patch.</summary>
    StrategicMerge,
}
