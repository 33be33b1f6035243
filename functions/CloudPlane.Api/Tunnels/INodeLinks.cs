namespace CloudPlane.Api;

/// <summary>Where nodes hold no connection to the control plane, but wait on a queue that tells them when to look.</summary>
public interface INodeLinks
{
    /// <summary>Makes the node's queue if there is none, and a token with which the node can wait on it.</summary>
    /// <exception cref="NodeUnreachableException">Queues can't be made now.</exception>
    ValueTask<NodeLink> OpenAsync(string cluster, string node, CancellationToken cancellationToken);

    /// <summary>Another token for a queue that the node waits on already.</summary>
    ValueTask<NodeLink> RenewAsync(string cluster, string node, CancellationToken cancellationToken);
}

/// <summary>How a node waits.</summary>
/// <param name="Queue">The address of its queue.</param>
/// <param name="Token">An Authorization header that opens this queue, for receiving only. A secret.</param>
/// <param name="Expires">When the token ends; the node asks again before.</param>
/// <param name="Heartbeat">How often the node renews its Lease.</param>
public sealed record NodeLink(Uri Queue, string Token, DateTimeOffset Expires, TimeSpan Heartbeat)
{
    /// <summary>Without the token.</summary>
    public override string ToString() => $"{Queue}, until {Expires:u}";
}
