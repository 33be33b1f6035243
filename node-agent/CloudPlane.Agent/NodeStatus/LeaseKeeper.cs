using System.Globalization;
using System.Text;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>
/// Renews the node's Lease at multiples of the heartbeat by the clock, in the same second as all other nodes: the sign of life that the node
/// lifecycle controller reads.
/// </summary>
/// <param name="heartbeat">10 s where the control plane always runs; minutes where each renewal wakes it.</param>
internal sealed class LeaseKeeper(ApiClient api, string nodeName, TimeSpan heartbeat, TimeProvider time, Random random, AgentLog log)
{
    private const string Namespace = "kube-node-lease";
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private readonly int _durationSeconds = 4 * (int)heartbeat.TotalSeconds;

    /// <summary>Called after a renewal that came late: the node may have been taken for lost.</summary>
    public Action? Returned { get; set; }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(FirstRetry, heartbeat / 10, random);
        DateTimeOffset? last = null;
        while (true)
        {
            var now = time.GetUtcNow();
            try
            {
                await EnsureAsync(now, cancellationToken).ConfigureAwait(false);
                backoff.Reset();
                if (now - last > heartbeat * 1.5) Returned?.Invoke();
                last = now;
                await Task.Delay(heartbeat - TimeSpan.FromTicks((now - DateTimeOffset.UnixEpoch).Ticks % heartbeat.Ticks), time, cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (Exception e) when (e is ApiException or ApiUnreachableException)
            {
                log.Debug($"the node's lease could not be renewed: {e.Message}");
                await Task.Delay(backoff.Next(), time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task EnsureAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        try
        {
            await RenewAsync(now, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException e) when (e.IsNotFound)
        {
            await api.CreateAsync(new Lease
            {
                Metadata = new ObjectMeta { Name = nodeName, Namespace = Namespace },
                Spec = new LeaseSpec { HolderIdentity = nodeName, LeaseDurationSeconds = _durationSeconds, RenewTime = now },
            }, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Only this node writes its lease: no read is needed before the write.</summary>
    private Task RenewAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var at = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        var patch = Encoding.UTF8.GetBytes(
            $"{{\"spec\":{{\"holderIdentity\":\"{nodeName}\",\"leaseDurationSeconds\":{_durationSeconds},\"renewTime\":\"{at}\"}}}}");
        return api.PatchAsync<Lease>(Namespace, nodeName, PatchKind.Merge, patch, null, cancellationToken);
    }
}
