using System.IO.Compression;

namespace CloudPlane.Storage;

/// <summary>
/// A document as it is stored: compressed where that makes it smaller, without the revision, which is known to the row that holds it. So it
/// is packed once, before the transaction that gives it its revision, and both of its rows share the bytes.
/// </summary>
/// <param name="Bytes">What is stored.</param>
/// <param name="Length">Bytes of the template before compression; 0 where it is stored as it is.</param>
/// <param name="RevisionOffset">Where in the template the revision's digits go.</param>
internal sealed record PackedDocument(ReadOnlyMemory<byte> Bytes, int Length, int RevisionOffset)
{
    /// <summary>A binary property holds 64 KiB.</summary>
    public const int ChunkBytes = 64 * 1024;

    // An entity is 1 MiB with its keys (1 KiB each) and its other properties; both have room in what is left here.
    private const int MaxBytes = 1024 * 1024 - 8 * 1024;

    // Below, a compressed document saves less than its length takes.
    private const int WorthCompressing = 96;

    /// <summary>Whether an entity can hold it.</summary>
    public bool Fits => Bytes.Length <= MaxBytes;

    public static PackedDocument Pack(DocumentTemplate template)
    {
        var source = template.Bytes;
        if (source.Length >= WorthCompressing)
        {
            var packed = new byte[source.Length];
            // The fastest quality: most of the gain of a document like ours is in its repeated names.
            if (BrotliEncoder.TryCompress(source.Span, packed, out var written, quality: 1, window: 18))
                return new(packed.AsMemory(0, written), source.Length, template.RevisionOffset);
        }
        return new(source, 0, template.RevisionOffset);
    }

    /// <summary>The final bytes at <paramref name="revision"/>.</summary>
    /// <exception cref="StoreUnavailableException">What is stored is no such document.</exception>
    public byte[] Unpack(long revision)
    {
        var template = Bytes;
        if (Length > 0)
        {
            var unpacked = new byte[Length];
            if (!BrotliDecoder.TryDecompress(Bytes.Span, unpacked, out var written) || written != Length)
                throw new StoreUnavailableException("a stored document can't be read: it is not what was written");
            template = unpacked;
        }
        if ((uint)RevisionOffset > (uint)template.Length)
            throw new StoreUnavailableException("a stored document can't be read: its revision's place is outside of it");
        return new DocumentTemplate(template, RevisionOffset).Stamp(revision);
    }
}
