namespace CloudPlane.Storage;

/// <summary>An object as stored: its final UTF-8 bytes, revision included. Immutable; never write into <paramref name="Document"/>.</summary>
public sealed record StoredObject(ObjectKey Key, long Revision, ReadOnlyMemory<byte> Document);
