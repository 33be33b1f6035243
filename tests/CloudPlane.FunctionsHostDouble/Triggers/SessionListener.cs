namespace CloudPlane.Doubles;

/// <summary>
/// The Service Bus trigger of a queue with sessions and cardinality many. Each instance runs one loop, one execution at a time: it accepts the
/// next session, hands its messages to the function batch by batch, completes a batch that succeeded and abandons one that failed, and lets the
/// session go when it has been idle. Nobody renews the session's lock: one that is kept busy for longer is lost, with the batch in hand. So the
/// extension's ServiceBusListener does it; maxConcurrentSessions and maxAutoLockRenewalDuration are for functions of single messages.
/// </summary>
internal sealed class SessionListener(
    SessionFunction function, ServiceBusDouble bus, ScaleGroup group, TriggerInvoker invoker, ServiceBusSettings settings, FunctionsHostOptions options, HostLog log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    // How often the scale controller compares the queue's length with what an instance takes at once, which is a batch.
    private static readonly TimeSpan ScalePeriod = TimeSpan.FromSeconds(1);

    // The client's try timeout: an instance asks for a session that often, and is billed for it.
    private static readonly TimeSpan TryTimeout = TimeSpan.FromSeconds(60);

    // While there is no instance the scale controller looks at the queue, without a billed operation; one long wait comes close.
    private static readonly TimeSpan LongWait = TimeSpan.FromDays(1);

    /// <summary>Until cancelled; ends when all sessions have been let go or lost.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        // The first also stands for the scale controller, which starts an instance for the first message.
        List<Task> loops = [RunLoopAsync(isFirst: true, cancellationToken)];
        try
        {
            while (true)
            {
                while (loops.Count < Math.Min(Wanted(), options.MaximumInstances))
                    loops.Add(RunLoopAsync(isFirst: false, cancellationToken));
                await Task.Delay(ScalePeriod, options.Time, cancellationToken);
                loops.RemoveAll(loop => loop.IsCompletedSuccessfully);
            }
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }

        await Task.WhenAll(loops);
    }

    /// <summary>How many instances the queue's length asks for.</summary>
    private int Wanted()
    {
        var active = bus.Find(function.Queue)?.Counts.Active ?? 0;
        return (int)((active + settings.MaxMessageBatchSize - 1) / settings.MaxMessageBatchSize);
    }

    /// <summary>One instance's loop. All but the first end when there is nothing more for them.</summary>
    private async Task RunLoopAsync(bool isFirst, CancellationToken cancellationToken)
    {
        var seat = new object();
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                if (await AcceptAsync(isFirst && group.Instances.Count == 0 ? LongWait : TryTimeout, cancellationToken) is { } session)
                    await WorkAsync(session, seat, cancellationToken);
                else if (!isFirst)
                    return;
            }
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
        finally
        {
            group.Leave(seat);
        }
    }

    private async Task<SessionReceiver?> AcceptAsync(TimeSpan wait, CancellationToken cancellationToken)
    {
        try
        {
            if (bus.Find(function.Queue) is { } queue)
                return await queue.AcceptNextSessionAsync(wait, cancellationToken);
        }
        catch (BusException)
        {
            // Away, or deleted: later.
        }

        await Task.Delay(Pause, options.Time, cancellationToken);
        return null;
    }

    private async Task WorkAsync(SessionReceiver session, object seat, CancellationToken cancellationToken)
    {
        try
        {
            while (await session.ReceiveAsync(settings.MaxMessageBatchSize, settings.SessionIdleTimeout, cancellationToken) is { Count: > 0 } messages)
            {
                if (await InvokeAsync(seat, messages))
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

    private async Task<bool> InvokeAsync(object seat, IReadOnlyList<ReceivedMessage> messages)
    {
        using var execution = group.Begin(seat);
        return await invoker.InvokeAsync(function.Name, TriggerEnvelope.OfMessages(function, messages, options.Time.GetUtcNow(), execution.Id), execution);
    }
}
