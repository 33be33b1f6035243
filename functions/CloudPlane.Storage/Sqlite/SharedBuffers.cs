namespace CloudPlane.Storage;

/// <summary>Copies many small documents into few arrays: a list of 10,000 costs hundreds of allocations, not tens of thousands.</summary>
internal sealed class SharedBuffers
{
    // Below the large object heap's threshold: those arrays are only collected with everything else.
    private const int Size = 64 * 1024;

    private byte[] _buffer = [];
    private int _used;

    public ReadOnlyMemory<byte> Add(ReadOnlySpan<byte> document)
    {
        if (document.Length > Size / 4)
            return document.ToArray();
        if (document.Length > _buffer.Length - _used)
        {
            _buffer = GC.AllocateUninitializedArray<byte>(Size);
            _used = 0;
        }
        document.CopyTo(_buffer.AsSpan(_used));
        _used += document.Length;
        return _buffer.AsMemory(_used - document.Length, document.Length);
    }
}
