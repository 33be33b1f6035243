namespace CloudPlane.Doubles;

/// <summary>What Service Bus bills as an operation.</summary>
public enum OperationKind
{
    Send,
    Receive,

    /// <summary>A receive that waited in vain.</summary>
    EmptyReceive,
    Complete,
    Abandon,
    RenewLock,

    /// <summary>Locking a session, in vain or not.</summary>
    AcceptSession,
    Management,
}
