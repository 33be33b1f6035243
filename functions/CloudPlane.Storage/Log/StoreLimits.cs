namespace CloudPlane.Storage;

/// <summary>Bounds that are the same for every backend unless configured otherwise.</summary>
public static class StoreLimits
{
    /// <summary>Bytes of one document. 1.5 MiB, as etcd's default request limit: what fits into a Kubernetes cluster fits here.</summary>
    public const int MaxDocumentBytes = 1536 * 1024;
}
