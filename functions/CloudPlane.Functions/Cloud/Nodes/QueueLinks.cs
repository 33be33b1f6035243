using System.Security.Cryptography;
using System.Text;
using CloudPlane.Api;

namespace CloudPlane.Functions;

/// <summary>
/// Nodes' own queues: each with a rule that may only listen, whose key no one stores, as it is derived from the deployment's secret.
/// </summary>
internal sealed class QueueLinks(ServiceBusClient bus, ClusterRegistry clusters, MasterSecret secret, TimeSpan heartbeat, TimeProvider time) : INodeLinks
{
    // Enough to tell one key from another, and nothing of either.
    private const int DigestLength = 12;

    // Nobody can take a token back, but for the queue's deletion: a stolen one tells for as long when a node's pods change, and keeps the node from
    // hearing of it. Each renewal is a request.
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(1);

    // Of a node that has been away for longer, nobody knows whether it comes again.
    private static readonly TimeSpan IdleLifetime = TimeSpan.FromDays(7);

    // A node that comes back looks at everything anyway.
    private static readonly TimeSpan MessageLifetime = TimeSpan.FromMinutes(5);

    /// <inheritdoc/>
    public async ValueTask<NodeLink> OpenAsync(string cluster, string node, CancellationToken cancellationToken)
    {
        var queue = NodeQueues.NameOf(cluster, node);
        try
        {
            await EnsureAsync(queue, RuleOf(cluster, node), cancellationToken);
        }
        catch (ServiceBusException e)
        {
            throw new NodeUnreachableException($"the queue of node {node} can't be made now", e);
        }

        return await RenewAsync(cluster, node, cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask<NodeLink> RenewAsync(string cluster, string node, CancellationToken cancellationToken)
    {
        await clusters.MarkNodesAsync(cluster, cancellationToken);
        var expires = time.GetUtcNow() + TokenLifetime;
        var address = bus.QueueAddress(NodeQueues.NameOf(cluster, node));
        var rule = RuleOf(cluster, node);
        return new NodeLink(address, SasToken.Issue(address, rule.Name, rule.Key, expires), expires, heartbeat);
    }

    /// <summary>Its name says which key it has: Service Bus shows keys only to those who may list them.</summary>
    private QueueRule RuleOf(string cluster, string node)
    {
        var key = secret.SharedAccessKey($"cluster {cluster} node {node}");
        return new($"node-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..DigestLength]}", QueueRights.Listen, key);
    }

    private async Task EnsureAsync(string queue, QueueRule rule, CancellationToken cancellationToken)
    {
        var properties = new QueueProperties { DefaultMessageTimeToLive = MessageLifetime, AutoDeleteOnIdle = IdleLifetime, Rules = [rule] };
        var found = await bus.CreateQueueAsync(queue, properties, cancellationToken);
        if (found.Properties.Rules.Any(has => has.Name == rule.Name && has.Rights == rule.Rights))
            return;
        await bus.DeleteQueueAsync(queue, cancellationToken);
        await bus.CreateQueueAsync(queue, properties, cancellationToken);
    }
}
