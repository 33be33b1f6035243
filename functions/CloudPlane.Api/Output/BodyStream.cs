using System.IO.Compression;
using System.IO.Pipelines;

namespace CloudPlane.Api;

/// <summary>
/// The body of an answer whose length is not known when it begins: as it is, compressed, or, indented for somebody's eyes, kept until it
/// is whole.
/// </summary>
internal sealed class BodyStream : IAsyncDisposable
{
    private readonly Operation _operation;
    private readonly string _contentType;
    private readonly GZipStream? _gzip;
    private readonly MemoryPipeWriter? _whole;

    /// <param name="large">Whether it is worth compressing.</param>
    public BodyStream(Operation operation, string contentType, bool large)
    {
        (_operation, _contentType) = (operation, contentType);
        if (operation.Query.Flag("pretty"))
        {
            Writer = _whole = new MemoryPipeWriter();
            return;
        }

        Responder.Begin(operation, contentType);
        if (large && operation.Request.AcceptsGzip)
        {
            Responder.BeginGzip(operation.Response);
            _gzip = new GZipStream(operation.Response.Body.AsStream(leaveOpen: true), CompressionLevel.Fastest);
        }

        Writer = _gzip is null ? operation.Response.Body : PipeWriter.Create(_gzip, new StreamPipeWriterOptions(leaveOpen: true));
    }

    public PipeWriter Writer { get; }

    /// <summary>Sends what has been written. From the first time on, an error can only break the connection.</summary>
    public async ValueTask FlushAsync() => await Writer.FlushAsync(_operation.Aborted);

    /// <summary>Sends the rest.</summary>
    public async ValueTask CompleteAsync()
    {
        if (_whole is not null)
            await Responder.BytesAsync(_operation, _whole.Written, _contentType);
        else
            await FlushAsync();
        if (_gzip is not null)
            await Writer.CompleteAsync();
    }

    /// <summary>Ends the compressed stream, too.</summary>
    public ValueTask DisposeAsync() => _gzip?.DisposeAsync() ?? default;
}
