using System.Text;

namespace CloudPlane.Schema.Tests;

/// <summary>Reads protobuf's wire format by hand, so that the writer is not checked against itself.</summary>
internal sealed class WireMessage
{
    private readonly List<(int Field, byte[] Value)> _fields = [];

    public static WireMessage Parse(byte[] bytes)
    {
        var message = new WireMessage();
        for (var position = 0; position < bytes.Length;)
        {
            var tag = Varint(bytes, ref position);
            var value = Varint(bytes, ref position);
            if ((tag & 7) == 0)
                continue;
            Assert.Equal(2UL, tag & 7);
            message._fields.Add(((int)(tag >> 3), bytes[position..(position += (int)value)]));
        }

        return message;
    }

    public string Text(int field) => Encoding.UTF8.GetString(_fields.FirstOrDefault(f => f.Field == field).Value ?? []);

    public IEnumerable<WireMessage> Messages(int field) => _fields.Where(f => f.Field == field).Select(f => Parse(f.Value));

    private static ulong Varint(byte[] bytes, ref int position)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var b = bytes[position++];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
                return value;
        }
    }
}
