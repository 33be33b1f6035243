using System.Net.Sockets;

namespace CloudPlane.Doubles;

/// <summary>GET / until the handler answers anything at all.</summary>
internal static class Readiness
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(100);

    /// <summary>False when the handler has ended, or has not answered within the limit.</summary>
    /// <param name="exit">The handler's end.</param>
    public static async Task<bool> ProbeAsync(HostInstance instance, Task exit, FunctionsHostOptions options)
    {
        using var limit = new CancellationTokenSource(options.ReadinessLimit, options.Time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, instance.Gone);
        for (var pause = FirstPause; !end.IsCancellationRequested && !exit.IsCompleted; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, instance.Address);
                using var response = await instance.Client.SendAsync(request, end.Token);
                return true;
            }
            catch (Exception e) when (e is HttpRequestException or SocketException)
            {
                // Does not listen yet, or ended in that moment.
                await Task.Delay(pause, CancellationToken.None);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                // The limit, or the instance's end; the loop's condition tells.
            }
        }

        return false;
    }
}
