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
            // It goes with its node. One that has not been registered yet becomes its owner with the next renewal.
            var owner = await OwnerAsync(cancellationToken).ConfigureAwait(false);
            await api.CreateAsync(new Lease
            {
                Metadata = new ObjectMeta { Name = nodeName, Namespace = Namespace, OwnerReferences = owner is null ? null : [owner] },
                Spec = new LeaseSpec { HolderIdentity = nodeName, LeaseDurationSeconds = _durationSeconds, RenewTime = now },
            }, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<OwnerReference?> OwnerAsync(CancellationToken cancellationToken) =>
        await api.GetAsync<Node>("", nodeName, cancellationToken).ConfigureAwait(false) is { Metadata.Uid: { } uid }
            ? new OwnerReference { ApiVersion = "v1", Kind = "Node", Name = nodeName, Uid = uid }
            : null;

    /// <summary>Only this node writes its lease: no read is needed before the write.</summary>
    private async Task RenewAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var at = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        var patch = Encoding.UTF8.GetBytes(
            $"{{\"spec\":{{\"holderIdentity\":\"{nodeName}\",\"leaseDurationSeconds\":{_durationSeconds},\"renewTime\":\"{at}\"}}}}");
        var renewed = await api.PatchAsync<Lease>(Namespace, nodeName, PatchKind.Merge, patch, null, cancellationToken).ConfigureAwait(false);
        if (renewed.Metadata.OwnerReferences is { Count: > 0 } || await OwnerAsync(cancellationToken).ConfigureAwait(false) is not { } owner) return;
        var owned = Encoding.UTF8.GetBytes(
            $"{{\"metadata\":{{\"ownerReferences\":[{{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"name\":\"{owner.Name}\",\"uid\":\"{owner.Uid}\"}}]}}}}");
        await api.PatchAsync<Lease>(Namespace, nodeName, PatchKind.Merge, owned, null, cancellationToken).ConfigureAwait(false);
    }
}
