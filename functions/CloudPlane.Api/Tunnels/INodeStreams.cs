using System.IO.Pipelines;

namespace CloudPlane.Api;

/// <summary>The way from an API request to what a node serves, e.g. its containers' logs.</summary>
public interface INodeStreams
{
    /// <summary>Asks the node and waits for its answer to begin. The caller disposes the stream, read to its end or not.</summary>
    /// <exception cref="NodeUnreachableException">The node is not there, or does not answer.</exception>
    ValueTask<NodeStream> RequestAsync(string cluster, string node, string path, CancellationToken cancellationToken);
}

/// <summary>A node's answer whose body is still coming. <paramref name="close"/> tells the node that nobody reads any more.</summary>
public sealed class NodeStream(StreamAnswer answer, Func<ValueTask> close) : IAsyncDisposable
{
    /// <summary>The answer.</summary>
    public StreamAnswer Answer => answer;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => close();
}

/// <summary>A node's answer. <paramref name="Aborted"/> fires when it breaks off before its end.</summary>
public sealed record StreamAnswer(int Status, string ContentType, PipeReader Body, CancellationToken Aborted);
