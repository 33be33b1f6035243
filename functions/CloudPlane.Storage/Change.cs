namespace CloudPlane.Storage;

/// <summary>What happened to an object.</summary>
public enum ChangeKind
{
    /// <summary>It did not exist before.</summary>
    Added,

    /// <summary>It existed and still does.</summary>
    Modified,

    /// <summary>It is gone; the document is its final state.</summary>
    Deleted,
}

/// <summary>One row of a partition's log.</summary>
/// <param name="Revision">The partition's revision that this change made.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Key">To which object.</param>
/// <param name="Document">The state after the change (for a deletion: the final state, stamped with this revision).</param>
/// <param name="Previous">
/// The state before it, empty for <see cref="ChangeKind.Added"/>. A watch with a selector needs it to tell an object that left the
/// selection from one that never was in it.
/// </param>
public sealed record Change(long Revision, ChangeKind Kind, ObjectKey Key, ReadOnlyMemory<byte> Document, ReadOnlyMemory<byte> Previous);
