using System.Text;
using System.Text.Json.Nodes;
using CloudPlane.Api;

namespace CloudPlane.Functions;

/// <summary>
/// Streams from nodes that hold no connection: the node's queue is told what is wanted and where to send it, and the answer comes as messages of
/// a queue that is made for it.
/// </summary>
/// <param name="longest">How long an answer may last; the node's right to send ends a little later.</param>
internal sealed class QueueStreams(ServiceBusClient bus, TimeSpan patience, TimeSpan longest, TimeProvider time) : INodeStreams
{
    private const string Rule = "node";
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public async ValueTask<NodeStream> RequestAsync(string cluster, string node, string path, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(cluster, node, path, cancellationToken);
        }
        catch (ServiceBusException e) when (e.Kind == ServiceBusErrorKind.NotFound)
        {
            throw new NodeUnreachableException($"node \"{node}\" is not connected: its agent waits on no queue of the control plane", e);
        }
        catch (ServiceBusException e)
        {
            throw new NodeUnreachableException($"node \"{node}\" can't be asked now: {e.Message}", e);
        }
    }

    private async ValueTask<NodeStream> AskAsync(string cluster, string node, string path, CancellationToken cancellationToken)
    {
        var name = $"reply_{cluster}_{Guid.NewGuid():N}";
        var rule = new QueueRule(Rule, QueueRights.Send, QueueRule.GenerateKey());
        var reply = await ReplyQueue.CreateAsync(bus, name, rule, time, cancellationToken);
        try
        {
            // A request that waits for longer than we do must not be answered.
            var bell = new BusMessage(Request(path, name, rule)) { TimeToLive = patience };
            await bus.SendAsync(NodeQueues.NameOf(cluster, node), [bell], cancellationToken);
            var first = await reply.BeginAsync(patience, cancellationToken)
                ?? throw new NodeUnreachableException($"node \"{node}\" did not answer within {patience.TotalSeconds:0} s") { TimedOut = true };
            return new NodeStream(new StreamAnswer(first.Status, first.ContentType, reply.Body, reply.Aborted), reply.DisposeAsync);
        }
        catch
        {
            await reply.DisposeAsync();
            throw;
        }
    }

    private byte[] Request(string path, string queue, QueueRule rule)
    {
        var address = bus.QueueAddress(queue);
        var stream = new JsonObject
        {
            ["path"] = path,
            ["reply"] = address.AbsoluteUri,
            ["token"] = SasToken.Issue(address, rule.Name, rule.Key, time.GetUtcNow() + patience + longest + Margin),
        };
        return Encoding.UTF8.GetBytes(new JsonObject { ["stream"] = stream }.ToJsonString());
    }
}
