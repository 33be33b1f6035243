using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>Waits at the node's queue and hands on what comes: no call of the control plane, no watch, while nothing happens.</summary>
internal sealed class BellListener(
    LinkSource links, QueueLink first, BusClient bus, NodeLook look, Action<StreamRequest> stream, TimeProvider time, Random random, AgentLog log)
{
    /// <summary>The longest that Service Bus documents.</summary>
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LastRetry = TimeSpan.FromMinutes(1);

    private readonly Backoff _backoff = new(FirstRetry, LastRetry, random);
    private bool _hears = true;

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        QueueLink? link = first;
        while (true)
        {
            try
            {
                link = await FreshAsync(link, cancellationToken).ConfigureAwait(false);
                await ListenAsync(link, cancellationToken).ConfigureAwait(false);
                _backoff.Reset();
                look.Hears(_hears = true);
            }
            catch (Exception e) when (e is BusException or ApiException or ApiUnreachableException)
            {
                log.Debug($"waiting for bells: {e.Message}");
                look.Hears(_hears = false);
                if (e is BusException { Kind: BusFailure.Gone or BusFailure.Refused }) link = null;
                await Task.Delay(_backoff.Next(), time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The link, with another token when it is time. One that is still good does for as long as no other can be had.</summary>
    private async Task<QueueLink> FreshAsync(QueueLink? link, CancellationToken cancellationToken)
    {
        if (link is not null && time.GetUtcNow() < link.RenewAt) return link;
        try
        {
            return await (link is null ? links.AskAsync(cancellationToken) : links.RenewAsync(cancellationToken)).ConfigureAwait(false);
        }
        catch (Exception e) when (link is not null && e is (ApiException or ApiUnreachableException))
        {
            log.Debug($"the queue's token could not be renewed: {e.Message}");
            return link with { RenewAt = time.GetUtcNow() + LastRetry };
        }
    }

    /// <summary>Not beyond the time to renew the token.</summary>
    private TimeSpan WaitOf(QueueLink link)
    {
        var rest = link.RenewAt - time.GetUtcNow();
        return rest < Wait ? rest > ShortestWait ? rest : ShortestWait : Wait;
    }

    /// <summary>Waits for a bell, and takes those that came with it: together they are one look.</summary>
    private async Task ListenAsync(QueueLink link, CancellationToken cancellationToken)
    {
        var changed = LookAt.None;
        try
        {
            // After a failure first asks only whether it can hear again: what was missed is looked at without waiting for a bell.
            for (var wait = _hears ? WaitOf(link) : TimeSpan.Zero; await bus.ReceiveAsync(link, wait, cancellationToken).ConfigureAwait(false) is { } message; wait = TimeSpan.Zero)
            {
                switch (Bell.Parse(message))
                {
                    case Bell.Changed { What: var what }:
                        changed |= what;
                        break;
                    // Its token goes nowhere but to the bus that we listen to.
                    case Bell.Stream { Request: var request } when request.Reply.Authority == link.Queue.Authority && request.Reply.Scheme == link.Queue.Scheme:
                        stream(request);
                        break;
                    default:
                        log.Warn("a message of the node's queue is no bell that this agent knows");
                        break;
                }
            }
        }
        finally
        {
            if (changed != LookAt.None) look.Look(changed);
        }
    }
}
