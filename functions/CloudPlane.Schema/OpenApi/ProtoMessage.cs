using Google.Protobuf;

namespace CloudPlane.Schema;

/// <summary>A protobuf message being written by field numbers; a nested one is buffered, for its length stands before it.</summary>
internal sealed class ProtoMessage
{
    private readonly MemoryStream _stream = new();
    private readonly CodedOutputStream _output;

    private ProtoMessage() => _output = new CodedOutputStream(_stream, leaveOpen: true);

    public static byte[] Write(Action<ProtoMessage> write)
    {
        var message = new ProtoMessage();
        write(message);
        message._output.Flush();
        return message._stream.ToArray();
    }

    public void Text(int field, string? value)
    {
        if (string.IsNullOrEmpty(value))
            return;
        _output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        _output.WriteString(value);
    }

    public void Flag(int field, bool value)
    {
        if (!value)
            return;
        _output.WriteTag(field, WireFormat.WireType.Varint);
        _output.WriteBool(true);
    }

    public void Message(int field, Action<ProtoMessage> write)
    {
        _output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        _output.WriteBytes(ByteString.CopyFrom(Write(write)));
    }
}
