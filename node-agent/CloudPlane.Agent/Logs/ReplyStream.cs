using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;

namespace CloudPlane.Agent;

/// <summary>
/// An answer as messages of a queue: each a line of JSON, then bytes. They are numbered from 0, the first one has the status, the last one says
/// so. One that may have been sent is sent again under its number.
/// </summary>
internal sealed class ReplyStream(BusClient bus, StreamRequest request, TimeProvider time)
{
    /// <summary>A message has at most 256 KiB, and costs as much as another for each 64 KiB.</summary>
    public const int LargestChunk = 192 * 1024;

    private const int Tries = 8;

    // What comes within this time goes together.
    private static readonly TimeSpan Gap = TimeSpan.FromMilliseconds(200);

    // Tells the reader that we are there, and us whether the reader is.
    private static readonly TimeSpan Sign = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(250);

    private long _sequence;

    /// <summary>The whole of a short answer.</summary>
    /// <exception cref="BusException">Nobody takes it.</exception>
    public Task SendAsync(int status, string text, CancellationToken cancellationToken) =>
        SendAsync(new JsonObject { ["status"] = status, ["contentType"] = "text/plain", ["end"] = true }, new(Encoding.UTF8.GetBytes(text)), cancellationToken);

    /// <summary>The beginning of an answer whose rest <see cref="CopyAsync"/> sends.</summary>
    /// <exception cref="BusException">Nobody takes it.</exception>
    public Task BeginAsync(CancellationToken cancellationToken) =>
        SendAsync(new JsonObject { ["status"] = 200, ["contentType"] = "text/plain" }, default, cancellationToken);

    /// <summary>Sends what comes to its end. <paramref name="ended"/> completes when no more will come, and says whether all went well.</summary>
    /// <exception cref="BusException">Nobody takes it any more.</exception>
    public async Task CopyAsync(PipeReader body, Task<bool> ended, CancellationToken cancellationToken)
    {
        var next = time.GetUtcNow();
        while (await ReadAsync(body, cancellationToken).ConfigureAwait(false) is var read)
        {
            var left = next - time.GetUtcNow();
            if (left > TimeSpan.Zero && read is { IsCompleted: false, Buffer.Length: < LargestChunk })
            {
                body.AdvanceTo(read.Buffer.Start);
                await Task.WhenAny(Task.Delay(left, time, cancellationToken), ended).ConfigureAwait(false);
                next = default;
                continue;
            }
            var chunk = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, LargestChunk));
            var isEnd = read.IsCompleted && chunk.Length == read.Buffer.Length;
            var head = !isEnd ? new JsonObject() : new JsonObject { [await ended.ConfigureAwait(false) ? "end" : "broken"] = true };
            await SendAsync(head, chunk, cancellationToken).ConfigureAwait(false);
            if (isEnd) return;
            body.AdvanceTo(chunk.End);
            next = time.GetUtcNow() + Gap;
        }
    }

    /// <summary>What is there, or nothing when the time for a sign of life has come.</summary>
    private async ValueTask<ReadResult> ReadAsync(PipeReader body, CancellationToken cancellationToken)
    {
        var reading = body.ReadAsync(cancellationToken).AsTask();
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (await Task.WhenAny(reading, Task.Delay(Sign, time, wait.Token)).ConfigureAwait(false) != reading) body.CancelPendingRead();
        await wait.CancelAsync().ConfigureAwait(false);
        return await reading.ConfigureAwait(false);
    }

    private async Task SendAsync(JsonObject head, ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        head["sequence"] = _sequence++;
        var line = Encoding.UTF8.GetBytes(head.ToJsonString() + "\n");
        var message = new byte[line.Length + data.Length];
        line.CopyTo(message, 0);
        data.CopyTo(message.AsSpan(line.Length));
        var delay = FirstRetry;
        for (var tries = 1; ; tries++)
        {
            try
            {
                await bus.SendAsync(request.Reply, request.Token, message, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (BusException e) when (e.Kind == BusFailure.Unavailable && tries < Tries)
            {
                await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);
                delay *= 2;
            }
        }
    }
}
