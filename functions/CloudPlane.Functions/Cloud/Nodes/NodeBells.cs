using System.Text;
using Microsoft.Extensions.Logging;

namespace CloudPlane.Functions;

/// <summary>Bells that are messages in the nodes' own queues.</summary>
internal sealed partial class NodeBells(ServiceBusClient bus, ILogger logger) : INodeBells
{
    // A node that comes back after longer looks at everything anyway.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private const int AtOnce = 16;

    /// <inheritdoc/>
    public Task RingAsync(string cluster, IReadOnlyCollection<string> nodes, string resource, CancellationToken cancellationToken)
    {
        var body = Encoding.UTF8.GetBytes($"{{\"changed\":\"{resource}\"}}");
        var options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        return Parallel.ForEachAsync(nodes, options, async (node, cancel) => await RingAsync(NodeQueues.NameOf(cluster, node), body, cancel));
    }

    private async Task RingAsync(string queue, byte[] body, CancellationToken cancellationToken)
    {
        try
        {
            await bus.SendAsync(queue, [new BusMessage(body) { TimeToLive = Lifetime }], cancellationToken);
        }
        catch (ServiceBusException e) when (e.Kind == ServiceBusErrorKind.NotFound)
        {
            // The node has never asked for its queue, or has been away for so long that it was removed: it looks when it comes.
        }
        catch (ServiceBusException e)
        {
            LogUnrung(logger, queue, e);
        }
    }

    [LoggerMessage(40, LogLevel.Warning, "{Queue} could not be rung; its node looks later by itself")]
    private static partial void LogUnrung(ILogger logger, string queue, Exception error);
}
