namespace CloudPlane.Functions;

/// <summary>Why Service Bus did not do what was asked.</summary>
internal enum ServiceBusErrorKind
{
    /// <summary>Unreachable or failing; whether the request was carried out is not known.</summary>
    Unavailable,

    /// <summary>Too many operations; the request was not carried out.</summary>
    Throttled,

    /// <summary>No such queue.</summary>
    NotFound,

    /// <summary>A queue of that name exists with other properties.</summary>
    AlreadyExists,

    /// <summary>The lock of a received message has expired or was given back.</summary>
    LockLost,

    /// <summary>A message is over the limit of its size; nothing of its request was sent.</summary>
    TooLarge,

    /// <summary>The queue is full or the namespace has no room for another one.</summary>
    QuotaExceeded,

    /// <summary>The credential is wrong, expired or has not the right.</summary>
    Unauthorized,

    /// <summary>The request breaks a rule of the service: a mistake of ours.</summary>
    Invalid,
}
