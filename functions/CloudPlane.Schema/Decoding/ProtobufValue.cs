using System.Text;
using Google.Protobuf;

namespace CloudPlane.Schema;

/// <summary>A value as it is on the wire: a number (varint, or the bits of a fixed one) or bytes.</summary>
internal readonly record struct ProtobufValue(long Number, ByteString Bytes)
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The bytes as text.</summary>
    /// <exception cref="DecoderFallbackException">Not UTF-8.</exception>
    public string Text => Strict.GetString(Bytes.Span);

    /// <summary>The value after a tag; null for a group, which is skipped.</summary>
    public static ProtobufValue? Read(CodedInputStream input, uint tag)
    {
        switch (WireFormat.GetTagWireType(tag))
        {
            case WireFormat.WireType.Varint:
                return new ProtobufValue(input.ReadInt64(), ByteString.Empty);
            case WireFormat.WireType.Fixed64:
                return new ProtobufValue((long)input.ReadFixed64(), ByteString.Empty);
            case WireFormat.WireType.Fixed32:
                return new ProtobufValue(input.ReadFixed32(), ByteString.Empty);
            case WireFormat.WireType.LengthDelimited:
                return new ProtobufValue(0, input.ReadBytes());
            default:
                input.SkipLastField();
                return null;
        }
    }
}
