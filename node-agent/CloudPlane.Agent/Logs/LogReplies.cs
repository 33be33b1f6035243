using System.IO.Pipelines;
using System.Threading.Channels;

namespace CloudPlane.Agent;

/// <summary>Serves `kubectl logs` where the node holds no tunnel: each request names the queue that takes its answer.</summary>
internal sealed class LogReplies(BusClient bus, ILogSource source, TimeProvider time)
{
    // Of a log that is read faster than it is sent.
    private const int Ahead = 1024 * 1024;

    private readonly Channel<StreamRequest> _requests = Channel.CreateUnbounded<StreamRequest>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>Answers a request as soon as may be.</summary>
    public void Ask(StreamRequest request) => _requests.Writer.TryWrite(request);

    /// <summary>Runs until the token is cancelled; then all answers have ended too.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var answers = new HashSet<Task>();
        try
        {
            await foreach (var request in _requests.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                answers.Add(AnswerAsync(request, cancellationToken));
                answers.RemoveWhere(answer => answer.IsCompleted);
            }
        }
        finally
        {
            await Task.WhenAll(answers).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Answers one request. When nobody takes the answer (any more), there is nobody to tell.</summary>
    private async Task AnswerAsync(StreamRequest request, CancellationToken cancellationToken)
    {
        // Off the reading loop: opening and searching a log is file work.
        await Task.Yield();
        var reply = new ReplyStream(bus, request, time);
        try
        {
            using var reader = await OpenAsync(request, reply, cancellationToken).ConfigureAwait(false);
            if (reader is null) return;
            await reply.BeginAsync(cancellationToken).ConfigureAwait(false);
            await CopyAsync(reader, reply, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is BusException or OperationCanceledException)
        {
        }
    }

    /// <summary>The log, or null when the reader has been told why there is none.</summary>
    private async Task<LogReader?> OpenAsync(StreamRequest request, ReplyStream reply, CancellationToken cancellationToken)
    {
        try
        {
            return await LogRequest.OpenAsync(request.Path, source, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await reply.SendAsync((e as LogUnavailableException)?.Code ?? 500, e.Message, cancellationToken).ConfigureAwait(false);
            return null;
        }
    }

    private static async Task CopyAsync(LogReader reader, ReplyStream reply, CancellationToken cancellationToken)
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: Ahead, resumeWriterThreshold: Ahead / 2));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = ReadAsync(reader, pipe.Writer, stop.Token);
        try
        {
            await reply.CopyAsync(pipe.Reader, reading, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Reads the log to its end; false when it broke off.</summary>
    private static async Task<bool> ReadAsync(LogReader reader, PipeWriter output, CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            await reader.CopyToAsync(output.AsStream(leaveOpen: true), cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or UnauthorizedAccessException)
        {
            return false;
        }
        finally
        {
            await output.CompleteAsync().ConfigureAwait(false);
        }
    }
}
