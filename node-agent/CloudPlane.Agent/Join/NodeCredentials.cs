using System.Text;
using System.Text.Json.Nodes;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>Joins the cluster: exchanges the join token for the node's own, keeps that in a file, and renews it in time.</summary>
internal sealed class NodeCredentials(AgentOptions options, TimeProvider time, Random random, AgentLog log)
{
    /// <summary>A token is renewed when this part of its life is left, and no later than a minute before its end.</summary>
    private const double RenewAtRemaining = 0.3;
    private static readonly TimeSpan LeastRemaining = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromHours(12);
    private readonly SemaphoreSlim _refused = new(0, 1);
    private NodeToken? _token;

    /// <summary>The bearer token of each API call.</summary>
    public ValueTask<string?> BearerAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Volatile.Read(ref _token)?.Token);

    /// <summary>Returns when the node has a token. Tries for as long as the server is away.</summary>
    public async Task JoinAsync(CancellationToken cancellationToken)
    {
        var known = NodeToken.Load(options.TokenFile);
        if (known is not null && known.Expires - time.GetUtcNow() > LeastRemaining)
        {
            _token = known;
            return;
        }
        var backoff = new Backoff(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(15), random);
        while (!await TryExchangeAsync(options.Token ?? known?.Token, cancellationToken).ConfigureAwait(false))
            await Task.Delay(backoff.Next(), time, cancellationToken).ConfigureAwait(false);
        log.Info($"joined {options.Server} as node {options.NodeName}");
    }

    /// <summary>The server does not take the node's token (a cluster that was made anew, say): gets another as soon as it can be
    /// had.</summary>
    public void Refused()
    {
        lock (_refused)
            if (_refused.CurrentCount == 0) _refused.Release();
    }

    /// <summary>Renews until cancelled.</summary>
    public async Task RenewAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1), random);
        while (true)
        {
            var refused = await RefusedBeforeAsync(Delay(), cancellationToken).ConfigureAwait(false);
            // The node's own token while it is good; with a fresh join token a node recovers even after a long sleep.
            var bearer = !refused && _token!.Expires > time.GetUtcNow() ? _token.Token : options.Token;
            if (await TryExchangeAsync(bearer, cancellationToken).ConfigureAwait(false)) backoff.Reset();
            else await Task.Delay(backoff.Next(), time, cancellationToken).ConfigureAwait(false);
        }
    }

    private TimeSpan Delay()
    {
        var left = _token!.Expires - time.GetUtcNow();
        var delay = left * (1 - RenewAtRemaining);
        if (left - delay < LeastRemaining) delay = left - LeastRemaining;
        return delay < TimeSpan.Zero ? TimeSpan.Zero : delay < LongestDelay ? delay : LongestDelay;
    }

    private async Task<bool> RefusedBeforeAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var refused = _refused.WaitAsync(wait.Token);
        await Task.WhenAny(Task.Delay(delay, time, wait.Token), refused).ConfigureAwait(false);
        var was = refused.IsCompletedSuccessfully;
        await wait.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return was;
    }

    private async Task<bool> TryExchangeAsync(string? bearer, CancellationToken cancellationToken)
    {
        try
        {
            var body = Encoding.UTF8.GetBytes(new JsonObject { ["nodeName"] = options.NodeName }.ToJsonString());
            var answer = await PostAsync(bearer, body, cancellationToken).ConfigureAwait(false);
            if (answer.StatusCode == 401)
                log.Warn($"{options.Server} refuses the token: it is wrong or has expired. Make a new one with `cloudplane token create` and start this node with --token.");
            else if (answer.StatusCode != 200)
                log.Warn($"{options.Server} answered {answer.StatusCode} to the join: {Text(answer.Body.Span)}");
            else if (NodeToken.Parse(answer.Body.Span) is not { } token)
                log.Warn($"{options.Server} answered the join with something that is no node token");
            else
            {
                token.Save(options.TokenFile);
                Volatile.Write(ref _token, token);
                return true;
            }
        }
        catch (ApiUnreachableException e)
        {
            log.Warn($"the API server can't be reached, trying again: {e.Message}");
        }
        return false;
    }

    private async Task<ApiAnswer> PostAsync(string? bearer, byte[] body, CancellationToken cancellationToken)
    {
        // A client of its own: this call carries the join token, all others carry the node's.
        using var transport = new HttpApiTransport(
            new HttpApiTransportOptions
            {
                Server = options.Server,
                CaFile = options.CaFile,
                CallTimeout = TimeSpan.FromSeconds(15),
                BearerToken = _ => ValueTask.FromResult(bearer)
            }, time);
        return await transport.SendAsync(new ApiCall("POST", "/cloudplane/v1/join", body, "application/json"), cancellationToken)
            .ConfigureAwait(false);
    }

    private static string Text(ReadOnlySpan<byte> body) => Encoding.UTF8.GetString(body[..Math.Min(body.Length, 300)]);
}
