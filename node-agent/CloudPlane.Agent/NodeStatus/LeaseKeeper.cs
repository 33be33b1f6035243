using System.Globalization;
using System.Text;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>Renews the node's Lease every 10 s, on the clock's full tens: the sign of life that the node lifecycle controller
/// reads.</summary>
internal sealed class LeaseKeeper(ApiClient api, string nodeName, TimeProvider time, AgentLog log)
{
    private const string Namespace = "kube-node-lease";
    private const int DurationSeconds = 40;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var known = false;
        while (true)
        {
            var now = time.GetUtcNow();
            try
            {
                if (!known) await EnsureAsync(now, cancellationToken).ConfigureAwait(false);
                else await RenewAsync(now, cancellationToken).ConfigureAwait(false);
                known = true;
                await Task.Delay(Period - TimeSpan.FromTicks(now.UtcTicks % Period.Ticks), time, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is ApiException or ApiUnreachableException)
            {
                log.Debug($"the node's lease could not be renewed: {e.Message}");
                if (e is ApiException { IsNotFound: true }) known = false;
                await Task.Delay(RetryDelay, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task EnsureAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        try
        {
            await api.CreateAsync(new Lease
            {
                Metadata = new ObjectMeta { Name = nodeName, Namespace = Namespace },
                Spec = new LeaseSpec { HolderIdentity = nodeName, LeaseDurationSeconds = DurationSeconds, RenewTime = now },
            }, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException e) when (e.IsAlreadyExists)
        {
            await RenewAsync(now, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Only this node writes its lease: no read is needed before the write.</summary>
    private Task RenewAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var at = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        var patch = Encoding.UTF8.GetBytes(
            $"{{\"spec\":{{\"holderIdentity\":\"{nodeName}\",\"leaseDurationSeconds\":{DurationSeconds},\"renewTime\":\"{at}\"}}}}");
        return api.PatchAsync<Lease>(Namespace, nodeName, PatchKind.Merge, patch, null, cancellationToken);
    }
}
