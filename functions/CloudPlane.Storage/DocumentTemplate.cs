using System.Buffers.Text;

namespace CloudPlane.Storage;

/// <summary>
/// A document whose revision is not known yet: the bytes before and after the place where its decimal digits go
/// (inside the quotes of <c>"resourceVersion":""</c>). The revision is the partition's, so only the commit knows it.
/// </summary>
public readonly record struct DocumentTemplate(ReadOnlyMemory<byte> Bytes, int RevisionOffset)
{
    /// <summary>The final bytes at <paramref name="revision"/>, a new array.</summary>
    public byte[] Stamp(long revision)
    {
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(revision, digits, out var length);
        var stamped = new byte[Bytes.Length + length];
        Bytes.Span[..RevisionOffset].CopyTo(stamped);
        digits[..length].CopyTo(stamped.AsSpan(RevisionOffset));
        Bytes.Span[RevisionOffset..].CopyTo(stamped.AsSpan(RevisionOffset + length));
        return stamped;
    }
}
