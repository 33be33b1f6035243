using System.Buffers;
using System.Text.Json;

namespace CloudPlane.Client;

/// <summary>The fields that a record has no property for, as they came: they are written back after its own.</summary>
internal sealed class UnknownFields : IEquatable<UnknownFields>
{
    private readonly (string Name, byte[] Value)[] _fields;

    private UnknownFields((string, byte[])[] fields) => _fields = fields;

    /// <summary>Takes the property the reader stands on, and leaves the reader at the end of its value.</summary>
    public static UnknownFields Add(UnknownFields? others, ref Utf8JsonReader reader)
    {
        var name = reader.GetString()!;
        reader.Read();
        var value = new ArrayBufferWriter<byte>();
        RawJson.Copy(ref reader, value);
        return new UnknownFields([.. others?._fields ?? [], (name, value.WrittenSpan.ToArray())]);
    }

    public void Write(Utf8JsonWriter writer)
    {
        foreach (var (name, value) in _fields)
        {
            writer.WritePropertyName(name);
            // They were tokens of a valid document when they were read.
            writer.WriteRawValue(value, skipInputValidation: true);
        }
    }

    public bool Equals(UnknownFields? other)
    {
        if (other is null || other._fields.Length != _fields.Length) return false;
        for (var i = 0; i < _fields.Length; i++)
            if (_fields[i].Name != other._fields[i].Name || !_fields[i].Value.AsSpan().SequenceEqual(other._fields[i].Value)) return false;
        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as UnknownFields);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var (name, value) in _fields)
        {
            hash.Add(name);
            hash.AddBytes(value);
        }
        return hash.ToHashCode();
    }
}
