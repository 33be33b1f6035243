using System.Net;
using System.Net.Http.Headers;

namespace CloudPlane.Agent;

/// <summary>A log as the body of a request, sent as it grows.</summary>
internal sealed class LogContent : HttpContent
{
    private readonly LogReader _reader;
    private readonly CancellationToken _stop;

    /// <param name="reader">The log.</param>
    /// <param name="stop">Ends the sending: the server has heard enough.</param>
    public LogContent(LogReader reader, CancellationToken stop)
    {
        _reader = reader;
        _stop = stop;
        Headers.ContentType = new MediaTypeHeaderValue("text/plain");
    }

    /// <inheritdoc/>
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(_stop, cancellationToken);
        // The headers go out before the first line exists: kubectl learns that its stream is open.
        await stream.FlushAsync(both.Token).ConfigureAwait(false);
        await _reader.CopyToAsync(stream, both.Token).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, default);

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
