namespace CloudPlane.Doubles;

/// <summary>
/// A queue. Nothing happens in it between calls: each call first carries out what was due by the clock (scheduled messages, expired locks
/// and
/// messages), and who waits also waits for the next such instant. So a clock that is moved by hand moves everything.
/// </summary>
public sealed class BusQueue
{
    /// <summary>The path of the sub-queue with what was given up.</summary>
    public const string DeadLetterPath = "$DeadLetterQueue";

    private readonly Lock _lock = new();
    private readonly ServiceBusDouble _bus;
    private readonly BusQueue? _parent;
    private readonly DuplicateHistory _history;
    private readonly PriorityQueue<StoredMessage, (DateTimeOffset Due, long Order)> _scheduled = new();
    private readonly PriorityQueue<StoredMessage, DateTimeOffset> _expiries = new();
    private readonly HashSet<StoredMessage> _locked = [];
    private readonly Dictionary<string, SessionReceiver> _sessions = new(StringComparer.Ordinal);

    // By session, in order; all of a queue without sessions is under "".
    private readonly Dictionary<string, SortedDictionary<long, StoredMessage>> _messages = new(StringComparer.Ordinal);

    private QueueSettings _settings;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset _lastUse;
    private long _lastSequence;
    private int _receivers;
    private bool _isDeleted;

    internal BusQueue(ServiceBusDouble bus, string name, QueueSettings settings)
        : this(bus, name, settings, null)
    {
        DeadLetters = new BusQueue(bus, $"{name}/{DeadLetterPath}", new QueueSettings { MaxDeliveryCount = int.MaxValue, LockDuration = settings.LockDuration }, this);
    }

    private BusQueue(ServiceBusDouble bus, string name, QueueSettings settings, BusQueue? parent)
    {
        (_bus, Name, _settings, _parent) = (bus, name, settings, parent);
        _history = new DuplicateHistory(settings.DuplicateDetectionHistoryTimeWindow);
        _lastUse = CreatedAt = Now;
    }

    public string Name { get; }

    public DateTimeOffset CreatedAt { get; }

    public QueueSettings Settings
    {
        get
        {
            lock (_lock)
                return _settings;
        }
    }

    /// <summary>The messages that were given up. A dead-letter queue has none of its own.</summary>
    public BusQueue? DeadLetters { get; }

    public QueueCounts Counts
    {
        get
        {
            _parent?.Wake();
            long active, scheduled;
            lock (_lock)
            {
                Refresh();
                (active, scheduled) = (_messages.Values.Sum(messages => messages.Count), _scheduled.Count);
            }
            return new QueueCounts(active, scheduled, DeadLetters?.Counts.Active ?? 0);
        }
    }

    private DateTimeOffset Now => _bus.Time.GetUtcNow();

    /// <summary>All messages in order, scheduled ones last, without receiving them.</summary>
    public IReadOnlyList<ReceivedMessage> Peek()
    {
        _parent?.Wake();
        lock (_lock)
        {
            Refresh();
            return
            [
                .. _messages.Values.SelectMany(messages => messages.Values).OrderBy(message => message.SequenceNumber).Select(message => message.Seen()),
                .. _scheduled.UnorderedItems.OrderBy(item => item.Priority).Select(item => item.Element.Seen()),
            ];
        }
    }

    /// <summary>
    /// Accepts all messages or none. One whose id was sent within the window of duplicate detection is accepted and dropped.
    /// </summary>
    /// <exception cref="BusException">A message breaks a rule (400) or all together are too large (403).</exception>
    public void Send(params IReadOnlyList<SentMessage> messages)
    {
        if (_parent is not null)
            throw new BusException(400, "nothing can be sent to a dead-letter queue");
        foreach (var message in messages)
        {
            if (message.Fault(_settings.RequiresSession) is { } fault)
                throw new BusException(400, fault);
        }
        var size = messages.Sum(message => (long)message.Size);
        if (size > SentMessage.MaxBytes)
            throw new BusException(403, $"The received message (size {size}) exceeds the limit ({SentMessage.MaxBytes}).");
        lock (_lock)
        {
            Use();
            foreach (var message in messages)
                Accept(message.MessageId is null ? message with { MessageId = _bus.NewId().ToString("N") } : message);
            Pulse();
        }
        _bus.Meter.Add(Name, OperationKind.Send, size);
    }

    /// <summary>Locks the next message, or null after <paramref name="wait"/>.</summary>
    public Task<ReceivedMessage?> PeekLockAsync(TimeSpan wait, CancellationToken cancellationToken) =>
        ReceiveAsync(Lock, wait, cancellationToken);

    /// <summary>Removes the next message, or null after <paramref name="wait"/>.</summary>
    public Task<ReceivedMessage?> ReceiveAndDeleteAsync(TimeSpan wait, CancellationToken cancellationToken) =>
        ReceiveAsync(message =>
        {
            Remove(message);
            message.DeliveryCount++;
        }, wait, cancellationToken);

    /// <summary>Removes a message by its lock.</summary>
    /// <exception cref="BusException">The lock is lost (404).</exception>
    public void Complete(Guid lockToken) => Settle(lockToken, OperationKind.Complete, Remove);

    /// <summary>Gives a message back, for which it must have deliveries left.</summary>
    /// <exception cref="BusException">The lock is lost (404).</exception>
    public void Abandon(Guid lockToken) => Settle(lockToken, OperationKind.Abandon, Release);

    /// <summary>Prolongs a lock by its duration from now.</summary>
    /// <exception cref="BusException">The lock is lost (404).</exception>
    public void RenewLock(Guid lockToken) =>
        Settle(lockToken, OperationKind.RenewLock, message => message.LockedUntil = Now + _settings.LockDuration);

    /// <summary>
    /// Locks a session that has messages and no other receiver: the one whose first message has waited longest; null when there was none
    /// within <paramref name="wait"/>. The caller keeps the lock by renewing it, and gives it back by <see cref="SessionReceiver.Close"/>.
    /// </summary>
    public async Task<SessionReceiver?> AcceptNextSessionAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        if (!_settings.RequiresSession)
            throw new BusException(400, $"queue {Name} has no sessions");
        var session = await UntilAsync(TryAcceptSession, wait, cancellationToken);
        _bus.Meter.Add(Name, OperationKind.AcceptSession, 0);
        return session;
    }

    internal bool IsIdle
    {
        get
        {
            lock (_lock)
                return _receivers == 0 && _scheduled.Count == 0 && _settings.AutoDeleteOnIdle != TimeSpan.MaxValue && Now - _lastUse >= _settings.AutoDeleteOnIdle;
        }
    }

    internal void Update(QueueSettings settings)
    {
        lock (_lock)
        {
            if (settings.RequiresSession != _settings.RequiresSession || settings.RequiresDuplicateDetection != _settings.RequiresDuplicateDetection)
                throw new BusException(400, "RequiresSession and RequiresDuplicateDetection can't be changed");
            Use();
            _settings = settings;
            Pulse();
        }
    }

    /// <summary>Ends the waits of all receivers.</summary>
    internal void Delete()
    {
        lock (_lock)
        {
            _isDeleted = true;
            Pulse();
        }
        DeadLetters?.Delete();
    }

    internal async Task<IReadOnlyList<ReceivedMessage>> ReceiveAsync(SessionReceiver session, int most, TimeSpan wait, CancellationToken cancellationToken)
    {
        var received = await UntilAsync<IReadOnlyList<ReceivedMessage>>(() => TakeOf(session, most), wait, cancellationToken) ?? [];
        foreach (var message in received)
            _bus.Meter.Add(Name, OperationKind.Receive, message.Sent.Size);
        if (received.Count == 0)
            _bus.Meter.Add(Name, OperationKind.EmptyReceive, 0);
        return received;
    }

    internal void Settle(SessionReceiver session, IReadOnlyList<ReceivedMessage>? only, OperationKind kind)
    {
        lock (_lock)
        {
            _bus.ThrowIfAway();
            Refresh();
            session.ThrowIfLost();
            foreach (var message in Held(session, only))
            {
                if (kind == OperationKind.Complete)
                    Remove(message);
                else
                    Release(message);
                _bus.Meter.Add(Name, kind, 0);
            }
            Pulse();
        }
    }

    internal void Renew(SessionReceiver session)
    {
        lock (_lock)
        {
            _bus.ThrowIfAway();
            Refresh();
            session.ThrowIfLost();
            session.LockedUntil = Now + _settings.LockDuration;
        }
        _bus.Meter.Add(Name, OperationKind.RenewLock, 0);
    }

    internal void Close(SessionReceiver session)
    {
        lock (_lock)
        {
            Refresh();
            if (session.IsLost)
                return;
            // A delivery counts when its lock expires or it is abandoned, not when the session is closed around it.
            foreach (var message in Held(session, null))
            {
                message.DeliveryCount--;
                GiveBack(message);
            }
            End(session);
            Pulse();
        }
    }

    /// <summary>A dead message comes in from the queue whose sub-queue this is, under that queue's lock.</summary>
    private void AddDead(StoredMessage message)
    {
        lock (_lock)
        {
            Enqueue(new StoredMessage(message.Sent) { DeadLetterReason = message.DeadLetterReason, DeliveryCount = message.DeliveryCount }, message.EnqueuedTime);
            Pulse();
        }
    }

    private async Task<ReceivedMessage?> ReceiveAsync(Action<StoredMessage> take, TimeSpan wait, CancellationToken cancellationToken)
    {
        if (_settings.RequiresSession)
            throw new BusException(400, $"It is not possible for an entity that requires sessions to create a non-sessionful message receiver: {Name}.");
        var message = await UntilAsync(() =>
        {
            if (FirstAvailable("") is not { } first)
                return null;
            take(first);
            return first.Seen();
        }, wait, cancellationToken);
        _bus.Meter.Add(Name, message is null ? OperationKind.EmptyReceive : OperationKind.Receive, message?.Sent.Size ?? 0);
        return message;
    }

    private async Task<T?> UntilAsync<T>(Func<T?> take, TimeSpan wait, CancellationToken cancellationToken)
        where T : class
    {
        var deadline = Now + wait;
        Enter();
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                // What becomes due in the parent may bring a dead letter.
                _parent?.Wake();
                Task changed;
                TimeSpan delay;
                lock (_lock)
                {
                    _bus.ThrowIfAway();
                    if (_isDeleted)
                        throw new BusException(410, $"queue {Name} was deleted");
                    Refresh();
                    if (take() is { } taken)
                    {
                        // The others wait for the next instant at which something happens: a lock that was just taken has made a new one.
                        Pulse();
                        return taken;
                    }
                    var now = Now;
                    if (now >= deadline)
                        return null;
                    changed = _changed.Task;
                    var next = NextInstant() is { } instant && instant < deadline ? instant : deadline;
                    delay = next - now;
                }
                if (_parent?.NextDue() is { } due && due - Now < delay)
                    delay = due - Now;
                await WaitAsync(changed, delay, cancellationToken);
            }
        }
        finally
        {
            Leave();
        }
    }

    private async Task WaitAsync(Task changed, TimeSpan delay, CancellationToken cancellationToken)
    {
        // Timers count whole milliseconds; a wait that is rounded to nothing would spin.
        var shortest = TimeSpan.FromMilliseconds(1);
        try
        {
            await changed.WaitAsync(delay < shortest ? shortest : delay > TimeSpan.FromDays(1) ? TimeSpan.FromDays(1) : delay, _bus.Time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Time to look again.
        }
    }

    private void Enter()
    {
        lock (_lock)
        {
            _receivers++;
            _lastUse = Now;
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            _receivers--;
            _lastUse = Now;
        }
    }

    private void Wake()
    {
        lock (_lock)
            Refresh();
    }

    private DateTimeOffset? NextDue()
    {
        lock (_lock)
            return NextInstant();
    }

    internal void Pulse()
    {
        lock (_lock)
        {
            var changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            changed.SetResult();
            DeadLetters?.Pulse();
        }
    }

    private void Use()
    {
        _bus.ThrowIfAway();
        Refresh();
        if (_isDeleted)
            throw new BusException(410, $"queue {Name} was deleted");
        _lastUse = Now;
    }

    private void Accept(SentMessage sent)
    {
        var now = Now;
        if (_settings.RequiresDuplicateDetection && !_history.Add(sent.MessageId!, now))
            return;
        var fate = _bus.Faults.OfMessage();
        for (var copy = 0; copy < fate.Copies; copy++)
        {
            var due = (sent.ScheduledEnqueueTime ?? now) + fate.Delay;
            var message = new StoredMessage(sent);
            if (due > now)
                _scheduled.Enqueue(message, (due, ++_lastSequence));
            else
                Enqueue(message, now);
            if (fate.Overtakes)
                Overtake(message);
        }
    }

    private void Enqueue(StoredMessage message, DateTimeOffset time)
    {
        message.SequenceNumber = ++_lastSequence;
        message.EnqueuedTime = time;
        var timeToLive = message.Sent.TimeToLive < _settings.DefaultMessageTimeToLive ? message.Sent.TimeToLive.Value : _settings.DefaultMessageTimeToLive;
        if (_parent is null && timeToLive < DateTimeOffset.MaxValue - time)
        {
            message.ExpiresAt = time + timeToLive;
            _expiries.Enqueue(message, message.ExpiresAt);
        }
        Of(message).Add(message.SequenceNumber, message);
    }

    private void Overtake(StoredMessage message)
    {
        if (message.SequenceNumber == 0)
            return;
        var messages = Of(message);
        var before = messages.Values.LastOrDefault(other => other != message && other.IsAvailable);
        if (before is null)
            return;
        (before.SequenceNumber, message.SequenceNumber) = (message.SequenceNumber, before.SequenceNumber);
        messages[before.SequenceNumber] = before;
        messages[message.SequenceNumber] = message;
    }

    private SortedDictionary<long, StoredMessage> Of(StoredMessage message)
    {
        var key = Key(message);
        if (!_messages.TryGetValue(key, out var messages))
            _messages.Add(key, messages = []);
        return messages;
    }

    private string Key(StoredMessage message) => _settings.RequiresSession ? message.Sent.SessionId! : "";

    private StoredMessage? FirstAvailable(string key) =>
        _messages.TryGetValue(key, out var messages) ? messages.Values.FirstOrDefault(message => message.IsAvailable) : null;

    private void Lock(StoredMessage message)
    {
        message.DeliveryCount++;
        message.LockToken = _bus.NewId();
        message.LockedUntil = Now + _settings.LockDuration;
        _locked.Add(message);
    }

    private void Remove(StoredMessage message)
    {
        _locked.Remove(message);
        message.IsGone = true;
        var key = Key(message);
        if (_messages.TryGetValue(key, out var messages) && messages.Remove(message.SequenceNumber) && messages.Count == 0)
            _messages.Remove(key);
    }

    /// <summary>A delivery came to nothing: the message waits again unless it was its last one or its time is over.</summary>
    private void Release(StoredMessage message)
    {
        if (message.DeliveryCount >= _settings.MaxDeliveryCount)
            Bury(message, "MaxDeliveryCountExceeded");
        else
            GiveBack(message);
    }

    private void GiveBack(StoredMessage message)
    {
        message.LockToken = Guid.Empty;
        message.LockedUntil = null;
        message.Holder = null;
        _locked.Remove(message);
        if (message.ExpiresAt <= Now)
            Expire(message);
    }

    private void Expire(StoredMessage message)
    {
        if (_settings.DeadLetteringOnMessageExpiration)
            Bury(message, "TTLExpiredException");
        else
            Remove(message);
    }

    private void Bury(StoredMessage message, string reason)
    {
        Remove(message);
        message.DeadLetterReason = reason;
        DeadLetters?.AddDead(message);
    }

    private void Settle(Guid lockToken, OperationKind kind, Action<StoredMessage> settle)
    {
        lock (_lock)
        {
            Use();
            var message = _locked.FirstOrDefault(message => message.LockToken == lockToken && message.Holder is null)
                ?? throw new BusException(404, "The lock supplied is invalid. Either the lock expired, or the message has already been removed from the queue.");
            settle(message);
            Pulse();
        }
        _bus.Meter.Add(Name, kind, 0);
    }

    private SessionReceiver? TryAcceptSession()
    {
        // "The next available session": which one that is, no page says.
        var ids = _messages
            .Where(entry => !_sessions.ContainsKey(entry.Key) && entry.Value.Values.Any(message => message.IsAvailable))
            .OrderBy(entry => entry.Value.Values.First().SequenceNumber)
            .Select(entry => entry.Key)
            .ToList();
        if (ids.Count == 0)
            return null;
        var id = ids[_bus.Choose(ids.Count)];
        var session = new SessionReceiver(this, id) { LockedUntil = Now + _settings.LockDuration };
        _sessions.Add(id, session);
        return session;
    }

    private List<ReceivedMessage>? TakeOf(SessionReceiver session, int most)
    {
        session.ThrowIfLost();
        if (!_messages.TryGetValue(session.SessionId, out var messages))
            return null;
        var taken = messages.Values.Where(message => message.IsAvailable).Take(most).ToList();
        foreach (var message in taken)
        {
            message.DeliveryCount++;
            message.LockToken = _bus.NewId();
            message.Holder = session;
            _locked.Add(message);
        }
        return taken.Count == 0 ? null : [.. taken.Select(message => message.Seen())];
    }

    private List<StoredMessage> Held(SessionReceiver session, IReadOnlyList<ReceivedMessage>? only)
    {
        var held = _locked.Where(message => message.Holder == session).OrderBy(message => message.SequenceNumber).ToList();
        if (only is null)
            return held;
        return
        [
            .. only.Select(received => held.FirstOrDefault(message => message.LockToken == received.LockToken)
                ?? throw new BusException(404, $"message {received.MessageId} is not held by this receiver")),
        ];
    }

    private void End(SessionReceiver session)
    {
        session.IsLost = true;
        _sessions.Remove(session.SessionId);
    }

    private void Refresh()
    {
        var now = Now;
        while (_scheduled.TryPeek(out var message, out var priority) && priority.Due <= now)
        {
            _scheduled.Dequeue();
            Enqueue(message, priority.Due);
        }
        foreach (var message in _locked.Where(message => message.LockedUntil <= now).OrderBy(message => message.SequenceNumber).ToList())
            Release(message);
        foreach (var session in _sessions.Values.Where(session => session.LockedUntil <= now).ToList())
        {
            var held = Held(session, null);
            End(session);
            held.ForEach(Release);
        }
        while (_expiries.TryPeek(out var message, out var expiry) && expiry <= now)
        {
            _expiries.Dequeue();
            // One under a lock may still be completed; it expires when it is given back.
            if (!message.IsGone && message.IsAvailable)
                Expire(message);
        }
    }

    private DateTimeOffset? NextInstant()
    {
        DateTimeOffset? next = null;
        if (_scheduled.TryPeek(out _, out var scheduled))
            next = scheduled.Due;
        if (_expiries.TryPeek(out _, out var expiry))
            next = Earlier(next, expiry);
        foreach (var message in _locked)
            next = Earlier(next, message.LockedUntil);
        foreach (var session in _sessions.Values)
            next = Earlier(next, session.LockedUntil);
        return next;
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => other is null || one < other ? one : other;
}
