using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>Asks the control plane for this node's link.</summary>
/// <param name="refused">Called when the server does not know who this node is (401).</param>
internal sealed class LinkSource(ApiClient api, string nodeName, Action refused, TimeProvider time, Random random, AgentLog log)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(30);

    /// <summary>The first link, asked for until there is an answer; null where nodes watch.</summary>
    public async Task<QueueLink?> FirstAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(FirstRetry, LastRetry, random);
        while (true)
        {
            try
            {
                return await FindAsync("", cancellationToken).ConfigureAwait(false);
            }
            // 404 too: it does not serve this node's cluster, not yet or not any more.
            catch (Exception e) when (e is ApiException or ApiUnreachableException)
            {
                log.Warn($"the control plane does not say how this node hears of changes: {e.Message}");
                await Task.Delay(backoff.Next(), time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>A link with a fresh token, to a queue that is there.</summary>
    /// <exception cref="ApiException">Refused.</exception>
    /// <exception cref="ApiUnreachableException">No answer, or none that can be used.</exception>
    public async Task<QueueLink> AskAsync(CancellationToken cancellationToken) => Required(await FindAsync("", cancellationToken).ConfigureAwait(false));

    /// <summary>The link with another token, which costs less than to have the queue looked for.</summary>
    /// <exception cref="ApiException">Refused.</exception>
    /// <exception cref="ApiUnreachableException">No answer, or none that can be used.</exception>
    public async Task<QueueLink> RenewAsync(CancellationToken cancellationToken) => Required(await FindAsync("?renewal=true", cancellationToken).ConfigureAwait(false));

    private static QueueLink Required(QueueLink? link) => link ?? throw new ApiUnreachableException("the control plane has no queue for this node any more");

    /// <summary>The same, or null where nodes watch.</summary>
    private async Task<QueueLink?> FindAsync(string query, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await api.PostAsync($"/cloudplane/v1/nodes/{Uri.EscapeDataString(nodeName)}/wakeup{query}", default, cancellationToken).ConfigureAwait(false);
            if (QueueLink.SaysWatch(answer)) return null;
            return QueueLink.Parse(answer, time.GetUtcNow()) ?? throw new ApiUnreachableException("the control plane answered with something that is no link");
        }
        catch (ApiException e) when (e.Code == 401)
        {
            refused();
            throw;
        }
    }
}
