using System.Globalization;
using System.Net.Sockets;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace CloudPlane.Storage;

/// <summary>
/// Repeats a request that was throttled, timed out or lost, with exponential back-off and jitter, for a bounded time. In the place of
/// Azure.Core's own policy, because whoever sent a transaction has to know whether its answer is that of the first try: a try whose
/// answer was lost may have been applied, and the next one then meets its own effect.
/// </summary>
internal sealed class TablesRetryPolicy(TablesStoreOptions options, TimeProvider time, SynchronizedRandom random) : HttpPipelinePolicy
{
    private const int SlowestFactor = 50;

    /// <summary>Whether an earlier try of this request may have been applied.</summary>
    public static bool WasRepeated(HttpMessage message) => message.TryGetProperty(typeof(TablesRetryPolicy), out _);

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("Nothing here blocks a thread.");

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var start = time.GetTimestamp();
        for (var tries = 1; ; tries++)
        {
            var pause = options.RetryDelay * Math.Min(SlowestFactor, Math.Pow(2, tries - 1)) * (0.5 + random.NextDouble() / 2);
            var mayRepeat = time.GetElapsedTime(start) + pause < options.RetryFor;
            try
            {
                await ProcessNextAsync(message, pipeline);
                if (!IsTransient(message.Response.Status) || !mayRepeat)
                    return;
                pause = Max(pause, RetryAfter(message.Response));
            }
            catch (Exception e) when (mayRepeat && IsTransient(e) && !message.CancellationToken.IsCancellationRequested)
            {
                // Whatever went wrong on the way, it did not come from the service.
            }
            message.SetProperty(typeof(TablesRetryPolicy), true);
            await Task.Delay(pause, time, message.CancellationToken);
        }
    }

    /// <summary>Throttled (429, 503), timed out (408, 500, 503, 504) or broken on the way (502).</summary>
    public static bool IsTransient(int status) => status is 408 or 429 or >= 500;

    // A try that ran out of time is cancelled, though not by the caller. HttpClient lets a SocketException through when a connection breaks in
    // the moment in which it was made.
    private static bool IsTransient(Exception error) =>
        error is IOException or HttpRequestException or SocketException or OperationCanceledException or RequestFailedException { Status: 0 };

    // In seconds; we don't wait as long as it may say, as the caller is waiting too.
    private TimeSpan RetryAfter(Response response) =>
        response.Headers.TryGetValue("Retry-After", out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(Math.Min(seconds, options.RetryDelay.TotalSeconds * SlowestFactor))
            : TimeSpan.Zero;

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
