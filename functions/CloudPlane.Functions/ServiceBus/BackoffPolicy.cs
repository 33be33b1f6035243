using System.Globalization;
using System.Net.Sockets;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace CloudPlane.Functions;

/// <summary>
/// Tries again what failed for a reason that passes (throttling, 5xx, a lost connection), a bounded number of times, waiting longer each
/// time
/// and never for exactly as long as another process does. Azure.Core's own policy waits by the wall clock, which simulation can't have.
/// </summary>
internal sealed class BackoffPolicy(ServiceBusOptions options) : HttpPipelinePolicy
{
    /// <summary>After this instant (a <see cref="DateTimeOffset"/>) a request is not tried again.</summary>
    public const string Deadline = "cloudplane.deadline";

    private readonly Lock _lock = new();

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan wait;
            try
            {
                await ProcessNextAsync(message, pipeline).ConfigureAwait(false);
                if (!IsTransient(message.Response.Status))
                    return;
                wait = Wait(attempt, message.Response);
                if (!MayRetry(message, attempt, wait))
                    return;
                message.Response.Dispose();
            }
            catch (Exception e) when (IsTransient(e, message.CancellationToken))
            {
                wait = Wait(attempt, null);
                if (!MayRetry(message, attempt, wait))
                    throw;
            }
            await Task.Delay(wait, options.Time, message.CancellationToken).ConfigureAwait(false);
        }
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) =>
        throw new NotSupportedException("Service Bus is used asynchronously only");

    public static bool IsTransient(int status) => status is 408 or 429 or 500 or 502 or 503 or 504;

    // A cancellation that the caller did not ask for is the pipeline's timeout of one try. HttpClient lets a SocketException through when a
    // connection breaks in the moment in which it was made.
    public static bool IsTransient(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        RequestFailedException { Status: 0 } or IOException or HttpRequestException or SocketException or AggregateException => !cancellationToken.IsCancellationRequested,
        OperationCanceledException => !cancellationToken.IsCancellationRequested,
        _ => false,
    };

    private bool MayRetry(HttpMessage message, int attempt, TimeSpan wait) =>
        attempt < options.MaxAttempts
        && !(message.TryGetProperty(Deadline, out var deadline) && deadline is DateTimeOffset until && options.Time.GetUtcNow() + wait >= until);

    private TimeSpan Wait(int attempt, Response? response)
    {
        var longest = Math.Min(options.MaxDelay.TotalSeconds, options.Delay.TotalSeconds * Math.Pow(2, attempt - 1));
        double share;
        lock (_lock)
            share = 0.5 + (options.Random.NextDouble() / 2);
        var wait = TimeSpan.FromSeconds(longest * share);
        var asked = response is not null && response.Headers.TryGetValue("Retry-After", out var text)
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : TimeSpan.Zero;
        return asked > options.MaxDelay ? options.MaxDelay : asked > wait ? asked : wait;
    }
}
