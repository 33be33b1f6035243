namespace CloudPlane.Scheduling;

/// <summary>Says whether a pod can run on a node.</summary>
internal interface IFilter
{
    /// <summary>Null when it can.</summary>
    Rejection? Check(PodInfo pod, NodeView node);
}
