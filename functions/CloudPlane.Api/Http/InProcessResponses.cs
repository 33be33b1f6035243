using System.Buffers;
using System.IO.Pipelines;

namespace CloudPlane.Api;

/// <summary>An answer to a caller in this process. What the caller reads depends on the kind.</summary>
public abstract class InProcessResponse : ApiResponse
{
    private readonly List<KeyValuePair<string, string>> _headers = [];

    /// <inheritdoc/>
    public override int StatusCode { get; set; } = 200;

    /// <inheritdoc/>
    public override string? ContentType { get; set; }

    /// <inheritdoc/>
    public override long? ContentLength { get; set; }

    /// <summary>The headers added, warnings for example.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers => _headers;

    /// <inheritdoc/>
    public override void AddHeader(string name, string value) => _headers.Add(new(name, value));
}

/// <summary>A whole answer in memory.</summary>
public sealed class BufferedResponse : InProcessResponse
{
    private readonly MemoryPipeWriter _body = new();

    /// <summary>The body so far; valid until the next write.</summary>
    public ReadOnlyMemory<byte> Written => _body.Written;

    /// <inheritdoc/>
    public override bool HasStarted => _body.Flushed;

    /// <inheritdoc/>
    public override PipeWriter Body => _body;

    /// <inheritdoc/>
    public override void Abort() => throw new IOException("the answer broke off");
}

/// <summary>An answer that is read while it is written (a watch, a log): wait for <see cref="Started"/>, then read <see cref="Stream"/>.</summary>
public sealed class StreamedResponse : InProcessResponse
{
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 1 << 19));
    private readonly TaskCompletionSource<int> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly StartingPipeWriter _body;

    /// <summary>A new answer.</summary>
    public StreamedResponse()
    {
        _body = new StartingPipeWriter(_pipe.Writer, () => _started.TrySetResult(StatusCode));
        Stream = _pipe.Reader.AsStream();
    }

    /// <summary>The status, as soon as it is final.</summary>
    public Task<int> Started => _started.Task;

    /// <summary>The body as it comes.</summary>
    public Stream Stream { get; }

    /// <inheritdoc/>
    public override bool HasStarted => _started.Task.IsCompleted;

    /// <inheritdoc/>
    public override PipeWriter Body => _body;

    /// <inheritdoc/>
    public override void Abort() => Complete(new IOException("the answer broke off"));

    /// <summary>To be called when <see cref="ApiServer.ServeAsync"/> has returned: ends the stream.</summary>
    public void Complete(Exception? error = null)
    {
        _started.TrySetResult(StatusCode);
        _pipe.Writer.Complete(error);
    }
}

/// <summary>A pipe into memory that never waits.</summary>
internal sealed class MemoryPipeWriter : PipeWriter
{
    private readonly ArrayBufferWriter<byte> _buffer = new(1024);

    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    public bool Flushed { get; private set; }

    public override void Advance(int bytes) => _buffer.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => _buffer.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _buffer.GetSpan(sizeHint);

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => 0;

    public override void CancelPendingFlush()
    {
    }

    public override void Complete(Exception? exception = null)
    {
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        Flushed = true;
        return default;
    }
}

/// <summary>Tells of the first flush: from then on status and headers are final.</summary>
internal sealed class StartingPipeWriter(PipeWriter inner, Action onStart) : PipeWriter
{
    public override void Advance(int bytes) => inner.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

    public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

    public override long UnflushedBytes => inner.UnflushedBytes;

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        onStart();
        return inner.FlushAsync(cancellationToken);
    }
}
