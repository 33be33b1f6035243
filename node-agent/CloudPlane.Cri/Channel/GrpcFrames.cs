using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using Google.Protobuf;

namespace CloudPlane.Cri;

/// <summary>gRPC's framing of messages: a flag byte, the length as a big-endian uint32, the message.</summary>
internal static class GrpcFrames
{
    /// <summary>The kubelet's and containerd's limit for one message, in bytes.</summary>
    public const int MaxMessage = 16 * 1024 * 1024;

    private const int PrefixSize = 5;

    /// <summary>The message as one frame.</summary>
    /// <exception cref="CriException">It is over the limit.</exception>
    public static byte[] Frame(IMessage message)
    {
        var size = message.CalculateSize();
        if (size > MaxMessage)
            throw new CriException(CriStatusCode.ResourceExhausted, $"trying to send message larger than max ({size} vs. {MaxMessage})");
        var frame = new byte[PrefixSize + size];
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)size);
        message.WriteTo(frame.AsSpan(PrefixSize));
        return frame;
    }

    /// <summary>The next message of a stream; null at its end.</summary>
    /// <exception cref="CriException">The frame breaks the protocol or is over the limit.</exception>
    public static async Task<T?> ReadAsync<T>(Stream stream, MessageParser<T> parser, CancellationToken cancellationToken) where T : class, IMessage<T>
    {
        var prefix = new byte[PrefixSize];
        var read = await stream.ReadAtLeastAsync(prefix, PrefixSize, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (read == 0)
            return null;
        if (read < PrefixSize)
            throw new CriException(CriStatusCode.Internal, "the stream ended inside a message's prefix");
        // No grpc-accept-encoding was sent, so a compressed message is the peer's fault.
        if (prefix[0] != 0)
            throw new CriException(CriStatusCode.Internal, $"a message with the flag {prefix[0]}, though no compression was offered");
        var size = BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(1));
        if (size > MaxMessage)
            throw new CriException(CriStatusCode.ResourceExhausted, $"received message larger than max ({size} vs. {MaxMessage})");
        return await ReadMessageAsync(stream, parser, (int)size, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<T> ReadMessageAsync<T>(Stream stream, MessageParser<T> parser, int size, CancellationToken cancellationToken)
        where T : class, IMessage<T>
    {
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            await stream.ReadExactlyAsync(buffer.AsMemory(0, size), cancellationToken).ConfigureAwait(false);
            return parser.ParseFrom(buffer, 0, size);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new CriException(CriStatusCode.Internal, $"a message that is no {typeof(T).Name}: {e.Message}", cause: e);
        }
        catch (EndOfStreamException e)
        {
            throw new CriException(CriStatusCode.Internal, "the stream ended inside a message", cause: e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The value of grpc-timeout: at most 8 digits and a unit, so a longer time gets a coarser unit.</summary>
    public static string Timeout(TimeSpan left)
    {
        var milliseconds = (long)Math.Max(1, Math.Ceiling(left.TotalMilliseconds));
        return milliseconds <= 99_999_999
            ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds}m")
            : string.Create(CultureInfo.InvariantCulture, $"{Math.Min(99_999_999, milliseconds / 1000)}S");
    }
}
