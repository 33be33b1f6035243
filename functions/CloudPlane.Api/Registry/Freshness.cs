using System.Globalization;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>Revisions that clients send.</summary>
internal sealed class Freshness(IStateStore store, TimeProvider time, ApiServerOptions options)
{
    /// <summary>null for "" (not given). 400 for what is no revision.</summary>
    public static long? Parse(string text)
    {
        if (text.Length == 0)
            return null;
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= long.MaxValue)
            return (long)value;
        throw ApiErrors.BadRequest($"resourceVersion: Invalid value: {GoText.Quote(text)}: strconv.ParseUint: parsing {GoText.Quote(text)}: invalid syntax");
    }

    /// <summary>Waits a little for a revision that a client has seen elsewhere; then 504 as Kubernetes' watch cache answers.</summary>
    public async ValueTask WaitAsync(Partition partition, long revision, CancellationToken cancellationToken)
    {
        var head = await store.GetHeadAsync(partition, cancellationToken);
        if (head >= revision)
            return;
        using var timeout = new CancellationTokenSource(options.FreshnessTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            while (head < revision)
                head = await store.WaitForHeadAsync(partition, head, either.Token);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw ApiErrors.ResourceVersionTooLarge(revision, head);
        }
    }
}
