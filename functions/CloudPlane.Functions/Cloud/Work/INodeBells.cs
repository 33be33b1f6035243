using CloudPlane.Client;

namespace CloudPlane.Functions;

/// <summary>Tells nodes that something changed which concerns them: they hold no watch against the cloud.</summary>
internal interface INodeBells
{
    /// <summary>Rings each node that the changes of a resource concern. A bell that can't be rung is no failure: nodes also look by themselves.</summary>
    Task RingAsync(string cluster, string resource, IReadOnlyList<FeedChange> changes, CancellationToken cancellationToken);
}
