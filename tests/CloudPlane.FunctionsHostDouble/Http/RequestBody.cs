using System.Buffers;
using System.IO.Pipelines;
using System.Net;

namespace CloudPlane.Doubles;

/// <summary>
/// A client's body on its way to the handler: passed on as it comes. What was sent is kept up to a bound, so that a re-send, as the host's
/// proxy does when the connection to the handler fails, sends it again.
/// </summary>
internal sealed class RequestBody(PipeReader reader, long? length, Action moved)
{
    private const int MostKept = 1 << 20;
    private readonly ArrayBufferWriter<byte> _kept = new();
    private bool _tooMuch;
    private bool _read;

    public bool CanSendAgain => !_tooMuch;

    /// <summary>A content for one send.</summary>
    public Sending Begin() => new(this);

    private async Task CopyAsync(Stream destination, CancellationToken cancellationToken)
    {
        if (_kept.WrittenCount > 0)
            await destination.WriteAsync(_kept.WrittenMemory, cancellationToken);
        await destination.FlushAsync(cancellationToken);
        while (!_read)
        {
            var result = await reader.ReadAsync(cancellationToken);
            foreach (var piece in result.Buffer)
                Keep(piece.Span);
            _read = result.IsCompleted;
            var buffer = result.Buffer;
            try
            {
                foreach (var piece in buffer)
                    await destination.WriteAsync(piece, cancellationToken);
                await destination.FlushAsync(cancellationToken);
            }
            finally
            {
                reader.AdvanceTo(buffer.End);
            }

            moved();
        }
    }

    private void Keep(ReadOnlySpan<byte> piece)
    {
        _tooMuch |= _kept.WrittenCount + piece.Length > MostKept;
        if (!_tooMuch)
            _kept.Write(piece);
    }

    /// <summary>The body in one request message. Only one may be under way.</summary>
    internal sealed class Sending(RequestBody body) : HttpContent
    {
        private readonly CancellationTokenSource _end = new();
        private Task _copy = Task.CompletedTask;

        /// <summary>Stops reading the client's body; what was read is kept.</summary>
        public async Task StopAsync()
        {
            await _end.CancelAsync();
            await _copy.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            _copy = CopyAsync(stream, cancellationToken);
            return _copy;
        }

        private async Task CopyAsync(Stream stream, CancellationToken cancellationToken)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _end.Token);
            await body.CopyAsync(stream, either.Token);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = body.Length ?? 0;
            return body.Length is not null;
        }
    }

    private long? Length => length;
}
