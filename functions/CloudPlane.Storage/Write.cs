namespace CloudPlane.Storage;

/// <summary>One intended change of one object.</summary>
/// <param name="Key">What to change.</param>
/// <param name="ExpectedRevision">0: the object must not exist. Otherwise the revision that it must have now.</param>
/// <param name="Document">
/// The new state. With <paramref name="Delete"/> it is the final state that watchers are shown; it is not kept as an object.
/// </param>
/// <param name="Delete">Whether the object goes away.</param>
/// <param name="OperationId">
/// Chosen by the writer, unique per intended change: lets a backend tell its own write whose answer was lost from a lost race.
/// </param>
public sealed record Write(ObjectKey Key, long ExpectedRevision, DocumentTemplate Document, bool Delete, Guid OperationId)
{
    /// <summary>
    /// The document at <see cref="ExpectedRevision"/>, where the writer has it at hand, as whoever updates an object mostly does: spares
    /// the backend reading it for <see cref="Change.Previous"/>. Empty if not.
    /// </summary>
    public ReadOnlyMemory<byte> Current { get; init; }
}

/// <summary>How a write ended.</summary>
public enum WriteOutcome
{
    /// <summary>Durable at <see cref="WriteResult.Object"/>'s revision.</summary>
    Committed,

    /// <summary>The precondition failed; <see cref="WriteResult.Object"/> is the current object, null when there is none.</summary>
    Conflict,

    /// <summary>The backend can't hold a document of this size; nothing was written.</summary>
    TooLarge,
}

/// <summary>The answer to one <see cref="Write"/>. On a committed delete, <paramref name="Object"/> is the final state with the deletion's revision.</summary>
public sealed record WriteResult(WriteOutcome Outcome, StoredObject? Object);
