namespace CloudPlane.Api;

/// <summary>
/// A request to a node, and its answer once the node has called back. Two calls meet here: the client's, which reads the body, and the
/// node's, which lends it and must not end before the reader is done with it.
/// </summary>
internal sealed class PendingStream(string id, string cluster, string node, Action<PendingStream> onDispose) : IDisposable
{
    private readonly TaskCompletionSource<StreamAnswer> _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Id => id;

    public string Cluster => cluster;

    public string Node => node;

    /// <summary>The answer's beginning.</summary>
    public Task<StreamAnswer> Answered => _answered.Task;

    /// <summary>Offers the answer; false when there is one already. Then wait for <see cref="Done"/>.</summary>
    public bool Offer(StreamAnswer answer) => _answered.TrySetResult(answer);

    /// <summary>Completes when the reader is done with the body, to the end or not.</summary>
    public Task Done => _done.Task;

    public void Dispose()
    {
        onDispose(this);
        _done.TrySetResult();
    }
}
