using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace CloudPlane.Benchmarks;

/// <summary>Frames on their way out, gathered to be sent at once; and the header of one that came in. RFC 9113, section 4.1.</summary>
internal sealed class Http2Frames
{
    public const int HeaderBytes = 9;

    private byte[] _bytes = new byte[64 * 1024];
    private int _length;

    /// <summary>Literal fields without indexing (RFC 7541, section 6.2.2): the server needs no memory of earlier requests.</summary>
    public static byte[] RequestHeaders(string path, string authority) =>
    [
        0x83, 0x86, // :method POST, :scheme http
        0x04, (byte)path.Length, .. Encoding.ASCII.GetBytes(path),
        0x01, (byte)authority.Length, .. Encoding.ASCII.GetBytes(authority),
        0x0F, 0x10, 16, .. "application/grpc"u8, // content-type
        0x00, 2, .. "te"u8, 8, .. "trailers"u8,
    ];

    public static bool TryRead(ReadOnlySpan<byte> bytes, out Http2Frame frame)
    {
        frame = default;
        if (bytes.Length < HeaderBytes)
            return false;
        var length = bytes[0] << 16 | bytes[1] << 8 | bytes[2];
        frame = new(length, (Http2FrameType)bytes[3], bytes[4], BinaryPrimitives.ReadInt32BigEndian(bytes[5..]) & int.MaxValue);
        return bytes.Length >= HeaderBytes + length;
    }

    /// <summary>The connection's start: default settings, and room for all the answers that there will ever be.</summary>
    public void Preface()
    {
        Add("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        AddHeader(0, Http2FrameType.Settings, 0, 0);
        AddHeader(4, Http2FrameType.WindowUpdate, 0, 0);
        Add([0x3F, 0, 0, 0]);
    }

    public void Acknowledge(Http2FrameType type, ReadOnlySpan<byte> payload)
    {
        AddHeader(payload.Length, type, Http2Frame.Acknowledgement, 0);
        Add(payload);
    }

    /// <summary>One call: headers, and a message PutRequest { bytes key = 1; bytes value = 2; }. Returns the bytes that count for flow control.</summary>
    public int Request(int stream, byte[] headers, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        AddHeader(headers.Length, Http2FrameType.Headers, Http2Frame.EndHeaders, stream);
        Add(headers);
        var data = _length;
        AddHeader(0, Http2FrameType.Data, Http2Frame.EndStream, stream);
        Add([0, 0, 0, 0, 0]);
        var message = _length;
        AddField(1, key);
        AddField(2, value);
        BinaryPrimitives.WriteInt32BigEndian(_bytes.AsSpan(message - 4), _length - message);
        var length = _length - data - HeaderBytes;
        (_bytes[data], _bytes[data + 1], _bytes[data + 2]) = ((byte)(length >> 16), (byte)(length >> 8), (byte)length);
        return length;
    }

    public void SendTo(Socket socket)
    {
        for (var sent = 0; sent < _length;)
            sent += socket.Send(_bytes.AsSpan(sent, _length - sent));
        _length = 0;
    }

    private void AddHeader(int length, Http2FrameType type, byte flags, int stream)
    {
        Span<byte> header = [(byte)(length >> 16), (byte)(length >> 8), (byte)length, (byte)type, flags, 0, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(header[5..], stream);
        Add(header);
    }

    private void AddField(int number, ReadOnlySpan<byte> value)
    {
        Add([(byte)(number << 3 | 2)]);
        var rest = value.Length;
        for (; rest > 127; rest >>= 7)
            Add([(byte)(rest | 128)]);
        Add([(byte)rest]);
        Add(value);
    }

    private void Add(ReadOnlySpan<byte> bytes)
    {
        if (_length + bytes.Length > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + bytes.Length));
        bytes.CopyTo(_bytes.AsSpan(_length));
        _length += bytes.Length;
    }
}

internal enum Http2FrameType : byte
{
    Data = 0,
    Headers = 1,
    ResetStream = 3,
    Settings = 4,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
}

internal readonly record struct Http2Frame(int Length, Http2FrameType Type, byte Flags, int Stream)
{
    public const byte EndStream = 1;
    public const byte Acknowledgement = 1;
    public const byte EndHeaders = 4;

    public bool EndsStream => (Flags & EndStream) != 0;

    public bool IsAcknowledgement => (Flags & Acknowledgement) != 0;
}
