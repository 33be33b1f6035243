namespace CloudPlane.Scheduling;

/// <summary>A filter that has to look at the pods of all nodes before it can say anything about one.</summary>
internal interface IClusterFilter
{
    /// <summary>The filter for this pod, or null when it has nothing to say about it.</summary>
    IFilter? For(PodInfo pod, ClusterView cluster);
}
