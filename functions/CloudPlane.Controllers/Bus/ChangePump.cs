using System.Text.Json;
using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>
/// Carries the changes of every routed resource to the bus, in process. It starts with a resync (a wake-up for each object that exists),
/// and does the same when a log no longer reaches back to where it stood: nothing depends on a wake-up that was lost.
/// </summary>
public sealed class ChangePump(IChangeFeed feed, ChangeRouter router, IMessageBus bus, TimeProvider time, Action<Exception> onFailure)
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(10);

    /// <summary>Runs until cancelled. A feed that can't answer is asked again with back-off.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(router.Resources.Select(resource => Task.Run(() => FollowAsync(resource, cancellationToken), CancellationToken.None)));

    private async Task FollowAsync(string resource, CancellationToken cancellationToken)
    {
        var position = -1L;
        var retry = FirstRetry;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                position = position < 0
                    ? await ResyncAsync(resource, cancellationToken).ConfigureAwait(false)
                    : await AdvanceAsync(resource, position, cancellationToken).ConfigureAwait(false);
                retry = FirstRetry;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                onFailure(error);
                await RestAsync(retry, cancellationToken).ConfigureAwait(false);
                retry = retry * 2 < LongestRetry ? retry * 2 : LongestRetry;
            }
        }
    }

    private async Task<long> ResyncAsync(string resource, CancellationToken cancellationToken)
    {
        var snapshot = await feed.ListAsync(resource, cancellationToken).ConfigureAwait(false);
        foreach (var document in snapshot.Objects)
        {
            await SendAsync(resource, new FeedChange(snapshot.Revision, false, document, default), cancellationToken).ConfigureAwait(false);
        }
        return snapshot.Revision;
    }

    private async Task<long> AdvanceAsync(string resource, long position, CancellationToken cancellationToken)
    {
        await feed.WaitAsync(resource, position, cancellationToken).ConfigureAwait(false);
        var changes = await feed.ReadAsync(resource, position, cancellationToken).ConfigureAwait(false);
        if (changes is null)
        {
            // Which objects were deleted meanwhile can't be known; those that depended on them belong to any resource.
            foreach (var other in router.Resources.Where(other => other != resource))
            {
                await ResyncAsync(other, cancellationToken).ConfigureAwait(false);
            }
            return -1;
        }
        foreach (var change in changes)
        {
            await SendAsync(resource, change, cancellationToken).ConfigureAwait(false);
            position = change.Revision;
        }
        return position;
    }

    private async ValueTask SendAsync(string resource, FeedChange change, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var message in await router.RouteAsync(resource, change, cancellationToken).ConfigureAwait(false))
            {
                await bus.SendAsync(message, TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
            }
        }
        // A document that can't be read stays so: it must not hold up those behind it.
        catch (Exception error) when (error is JsonException or FormatException)
        {
            onFailure(error);
        }
    }

    private async Task RestAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }
}
