namespace CloudPlane.Storage;

/// <summary>Room for many small documents in few arrays: a list of 10,000 costs some sixty allocations, not ten thousand.</summary>
internal sealed class SharedBuffers
{
    // On the large object heap, whose arrays a collection leaves where they are: copying the list's documents from generation to
    // generation took longer than reading them. Small enough that one document which is kept for long doesn't hold much else.
    private const int Size = 256 * 1024;

    private byte[] _buffer = [];
    private int _used;

    /// <summary>Uninitialized room that nobody else has. More calls will follow, <paramref name="more"/>, for about as much each.</summary>
    public Memory<byte> Take(int length, int more)
    {
        if (length > _buffer.Length - _used)
        {
            _buffer = GC.AllocateUninitializedArray<byte>((int)Math.Max(length, Math.Min(Size, (long)length * (more + 1))));
            _used = 0;
        }
        _used += length;
        return _buffer.AsMemory(_used - length, length);
    }
}
