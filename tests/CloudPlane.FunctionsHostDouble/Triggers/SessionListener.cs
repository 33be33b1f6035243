namespace CloudPlane.Doubles;

/// <summary>
/// The Service Bus trigger of a queue with sessions: accepts the next session, hands its messages to the function batch by batch, completes a
/// batch that succeeded and abandons one that failed, and lets the session go when it has been idle.
/// </summary>
internal sealed class SessionListener(
    SessionFunction function, ServiceBusDouble bus, ScaleGroup group, TriggerInvoker invoker, ServiceBusSettings settings, FunctionsHostOptions options, HostLog log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    // The scale controller looks at the queue without a billed operation; one long wait comes close.
    private static readonly TimeSpan LongWait = TimeSpan.FromDays(1);

    /// <summary>Until cancelled; ends when all sessions have been let go or lost.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var most = settings.MaxConcurrentSessions * options.MaximumInstances;
        var sessions = new List<Task>();
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                if (await AcceptAsync(cancellationToken) is { } session)
                    sessions.Add(WorkAsync(session, cancellationToken));
                sessions.RemoveAll(task => task.IsCompletedSuccessfully);
                if (sessions.Count >= most)
                    await Task.WhenAny(sessions);
            }
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }

        await Task.WhenAll(sessions);
    }

    private async Task<SessionReceiver?> AcceptAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (bus.Find(function.Queue) is { } queue)
                return await queue.AcceptNextSessionAsync(LongWait, cancellationToken);
        }
        catch (BusException)
        {
            // Away, or deleted: later.
        }

        await Task.Delay(Pause, options.Time, cancellationToken);
        return null;
    }

    private async Task WorkAsync(SessionReceiver session, CancellationToken cancellationToken)
    {
        try
        {
            while (await session.ReceiveAsync(settings.MaxMessageBatchSize, settings.SessionIdleTimeout, cancellationToken) is { Count: > 0 } messages)
            {
                if (await InvokeAsync(session, messages))
                    session.CompleteAll();
                else
                    session.AbandonAll();
            }

            session.Close();
        }
        catch (InstanceGoneException e)
        {
            // When the machine that held the session is no more, nobody settles or closes, and the lock runs out.
            if (!e.Vanished)
                LetGo(session);
        }
        catch (OperationCanceledException)
        {
            session.Close();
        }
        catch (Exception e) when (e is SessionLockLostException or BusException)
        {
            log.Failed(function.Name, "the listener", e.Message);
        }
    }

    /// <summary>A host that stops fails what it executes, and closes its sessions.</summary>
    private void LetGo(SessionReceiver session)
    {
        try
        {
            session.AbandonAll();
            session.Close();
        }
        catch (Exception e) when (e is SessionLockLostException or BusException)
        {
            log.Failed(function.Name, "the listener", e.Message);
        }
    }

    private async Task<bool> InvokeAsync(SessionReceiver session, IReadOnlyList<ReceivedMessage> messages)
    {
        using var execution = group.Begin();
        using var done = new CancellationTokenSource();
        var renewal = RenewAsync(session, execution.Instance, done.Token);
        try
        {
            return await invoker.InvokeAsync(function.Name, TriggerEnvelope.OfMessages(function, messages, options.Time.GetUtcNow(), execution.Id), execution);
        }
        finally
        {
            await done.CancelAsync();
            await renewal;
        }
    }

    /// <summary>Prolongs the lock while the function runs, up to maxAutoLockRenewalDuration; not from an instance that is gone.</summary>
    private async Task RenewAsync(SessionReceiver session, HostInstance instance, CancellationToken done)
    {
        using var limit = new CancellationTokenSource(settings.MaxAutoLockRenewalDuration, options.Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(done, limit.Token, instance.Gone);
        try
        {
            while (true)
            {
                var left = session.LockedUntil - bus.Time.GetUtcNow();
                await Task.Delay(left > TimeSpan.Zero ? left / 2 : TimeSpan.Zero, bus.Time, end.Token);
                session.RenewLock();
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SessionLockLostException or BusException)
        {
            // Done, or whoever settles will learn that the lock is lost.
        }
    }
}
