using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace CloudPlane.Api;

/// <summary>The nodes that hold a tunnel open: requests go down it, each answer comes back as a call of the node's own.</summary>
internal sealed class NodeTunnels(IdSource ids, TimeProvider time, ApiServerOptions options) : INodeStreams
{
    private const int QueueLimit = 256;
    private readonly ConcurrentDictionary<(string Cluster, string Node), Channel<string>> _tunnels = new();
    private readonly ConcurrentDictionary<string, PendingStream> _streams = new();

    /// <summary>Registers a node's tunnel; an older one of the same node ends.</summary>
    public ChannelReader<string> Open(string cluster, string node)
    {
        var channel = Channel.CreateBounded<string>(QueueLimit);
        _tunnels.AddOrUpdate((cluster, node), channel, (_, old) =>
        {
            old.Writer.TryComplete();
            return channel;
        });
        return channel.Reader;
    }

    /// <summary>Forgets a tunnel that has ended, unless a newer one has taken its place.</summary>
    public void Close(string cluster, string node, ChannelReader<string> reader)
    {
        if (_tunnels.TryGetValue((cluster, node), out var channel) && channel.Reader == reader)
            _tunnels.TryRemove(new KeyValuePair<(string, string), Channel<string>>((cluster, node), channel));
    }

    /// <summary>Sends a request down the node's tunnel and waits for the answer to begin.</summary>
    public async ValueTask<NodeStream> RequestAsync(string cluster, string node, string path, CancellationToken cancellationToken)
    {
        if (!_tunnels.TryGetValue((cluster, node), out var tunnel))
            throw NodeUnreachableException.NotConnected(node);
        var stream = new PendingStream(ids.NewUid().ToString("N"), cluster, node, s => _streams.TryRemove(s.Id, out _));
        _streams[stream.Id] = stream;
        try
        {
            if (!tunnel.Writer.TryWrite(new JsonObject { ["id"] = stream.Id, ["path"] = path }.ToJsonString()))
                throw new NodeUnreachableException($"node {GoText.Quote(node)} has too many requests waiting");
            var answer = await stream.Answered.WaitAsync(options.StreamTimeout, time, cancellationToken);
            return new NodeStream(answer, () =>
            {
                stream.Dispose();
                return ValueTask.CompletedTask;
            });
        }
        catch (Exception e)
        {
            stream.Dispose();
            if (e is TimeoutException)
                throw NodeUnreachableException.Silent(node, options.StreamTimeout);
            throw;
        }
    }

    /// <summary>The stream that a node's answer is for, or null when nobody waits for it any more.</summary>
    public PendingStream? Find(string id, string cluster, string node) =>
        _streams.TryGetValue(id, out var stream) && stream.Cluster == cluster && stream.Node == node ? stream : null;
}
