using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace CloudPlane.Client;

/// <summary>Splits a stream into lines as they arrive.</summary>
public static class LineReader
{
    /// <summary>The longest line that is taken, in bytes: an object is at most 1.5 MiB, escapes may double it.</summary>
    public const int LongestLine = 8 * 1024 * 1024;

    /// <summary>Each non-empty line, without its end; valid until the next is asked for.</summary>
    /// <exception cref="ApiUnreachableException">The connection broke, or a line has no end.</exception>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(
        Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 32 * 1024, leaveOpen: true));
        try
        {
            while (true)
            {
                var result = await ReadMoreAsync(pipe, cancellationToken).ConfigureAwait(false);
                var buffer = result.Buffer;
                while (TryTakeLine(ref buffer, out var line))
                    if (line.Length > 0) yield return line;
                if (buffer.Length > LongestLine) throw new ApiUnreachableException($"the stream has a line of more than {LongestLine} bytes");
                pipe.AdvanceTo(buffer.Start, buffer.End);
                // What is left after the last line end is half a line: the sender died in the middle of it.
                if (result.IsCompleted) yield break;
            }
        }
        finally
        {
            await pipe.CompleteAsync().ConfigureAwait(false);
        }
    }

    private static async ValueTask<ReadResult> ReadMoreAsync(PipeReader pipe, CancellationToken cancellationToken)
    {
        try
        {
            return await pipe.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or HttpRequestException or ObjectDisposedException)
        {
            throw new ApiUnreachableException($"the connection broke: {e.Message}", e);
        }
    }

    private static bool TryTakeLine(ref ReadOnlySequence<byte> buffer, out ReadOnlyMemory<byte> line)
    {
        line = default;
        if (buffer.PositionOf((byte)'\n') is not { } end) return false;
        var slice = buffer.Slice(0, end);
        line = slice.IsSingleSegment ? slice.First : slice.ToArray();
        buffer = buffer.Slice(buffer.GetPosition(1, end));
        return true;
    }
}
