namespace CloudPlane.Doubles;

/// <summary>
/// The exclusive hold on a session: until its lock expires or it is closed, nobody else receives of this session. When the lock expires,
/// what was
/// received and not completed is delivered anew to whoever accepts the session next.
/// </summary>
public sealed class SessionReceiver
{
    private readonly BusQueue _queue;

    internal SessionReceiver(BusQueue queue, string sessionId)
    {
        (_queue, SessionId) = (queue, sessionId);
    }

    public string SessionId { get; }

    /// <summary>When the lock ends unless it is renewed.</summary>
    public DateTimeOffset LockedUntil { get; internal set; }

    internal bool IsLost { get; set; }

    /// <summary>
    /// Up to <paramref name="most"/> messages in order, as soon as there is one; none after <paramref name="wait"/>, which is the session
    /// idle timeout
    /// of a processor that closes the session then.
    /// </summary>
    /// <exception cref="SessionLockLostException">The lock has expired or the session is closed.</exception>
    public Task<IReadOnlyList<ReceivedMessage>> ReceiveAsync(int most, TimeSpan wait, CancellationToken cancellationToken) =>
        _queue.ReceiveAsync(this, most, wait, cancellationToken);

    /// <summary>Removes these messages.</summary>
    /// <exception cref="SessionLockLostException">The lock has expired or the session is closed; nothing was removed.</exception>
    public void Complete(params IReadOnlyList<ReceivedMessage> messages) => _queue.Settle(this, messages, OperationKind.Complete);

    /// <summary>Removes all that were received and not given back.</summary>
    /// <exception cref="SessionLockLostException">The lock has expired or the session is closed; nothing was removed.</exception>
    public void CompleteAll() => _queue.Settle(this, null, OperationKind.Complete);

    /// <summary>Gives these messages back; they are the next to be received, or dead when they have no delivery left.</summary>
    /// <exception cref="SessionLockLostException">The lock has expired or the session is closed.</exception>
    public void Abandon(params IReadOnlyList<ReceivedMessage> messages) => _queue.Settle(this, messages, OperationKind.Abandon);

    /// <summary>Gives all back that were received and not completed.</summary>
    /// <exception cref="SessionLockLostException">The lock has expired or the session is closed.</exception>
    public void AbandonAll() => _queue.Settle(this, null, OperationKind.Abandon);

    /// <summary>Prolongs the lock by the queue's lock duration from now.</summary>
    /// <exception cref="SessionLockLostException">The lock has expired or the session is closed.</exception>
    public void RenewLock() => _queue.Renew(this);

    /// <summary>
    /// Gives the session back. What was received and not completed can be received again, and that delivery does not count.
    /// </summary>
    public void Close() => _queue.Close(this);

    internal void ThrowIfLost()
    {
        if (IsLost)
            throw new SessionLockLostException(SessionId);
    }
}
