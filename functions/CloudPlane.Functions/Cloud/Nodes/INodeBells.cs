namespace CloudPlane.Functions;

/// <summary>Tells nodes that something changed which concerns them: they hold no watch against the cloud.</summary>
internal interface INodeBells
{
    /// <summary>
    /// Rings these nodes because of changes of a resource. A bell that can't be rung is no failure: nodes also look by themselves, seldom.
    /// </summary>
    Task RingAsync(string cluster, IReadOnlyCollection<string> nodes, string resource, CancellationToken cancellationToken);
}
