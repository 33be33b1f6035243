using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;

namespace CloudPlane.Api;

/// <summary>Hands a node's log on to the client as it comes, to its end or until the answer has lasted as long as it may.</summary>
/// <param name="longest">Null for no limit.</param>
internal sealed class LogForwarder(Operation operation, TimeProvider time, TimeSpan? longest) : IDisposable
{
    private const int ErrorLimit = 4096;

    // A line is this old at most when it gets here; who resumes is shown a line twice rather than never.
    private static readonly TimeSpan Underway = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _limit = longest is { } most ? new(most, time) : new();
    private DateTimeOffset _lastAt = time.GetUtcNow();
    private bool _lineEnded = true;

    public async ValueTask ForwardAsync(StreamAnswer answer)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(operation.Aborted, answer.Aborted, _limit.Token);
        if (answer.Status != 200)
            throw Failure(answer.Status, await ReadTextAsync(answer.Body, end.Token));
        var response = operation.Response;
        response.StatusCode = 200;
        response.ContentType = answer.ContentType;
        try
        {
            await response.Body.FlushAsync(end.Token);
            await CopyAsync(answer.Body, end.Token);
        }
        catch (OperationCanceledException) when (_limit.IsCancellationRequested && !operation.Aborted.IsCancellationRequested && !answer.Aborted.IsCancellationRequested)
        {
            response.Body.Write(Encoding.UTF8.GetBytes(Note()));
            await response.Body.FlushAsync(operation.Aborted);
        }
        catch (Exception e) when (!operation.Aborted.IsCancellationRequested && e is (OperationCanceledException or IOException))
        {
            // The node broke off: the client must not take what it has for the whole log.
            response.Abort();
        }
    }

    public void Dispose() => _limit.Dispose();

    private async ValueTask CopyAsync(PipeReader body, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await body.ReadAsync(cancellationToken);
            if (!read.Buffer.IsEmpty)
            {
                _lastAt = time.GetUtcNow();
                _lineEnded = read.Buffer.Slice(read.Buffer.Length - 1).FirstSpan[0] == (byte)'\n';
            }

            foreach (var part in read.Buffer)
                operation.Response.Body.Write(part.Span);
            body.AdvanceTo(read.Buffer.End);
            if ((await operation.Response.Body.FlushAsync(cancellationToken)).IsCompleted || read.IsCompleted)
                return;
        }
    }

    private string Note()
    {
        var since = (_lastAt - Underway).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var follow = operation.Query.Flag("follow") ? "-f " : "";
        return $"{(_lineEnded ? "" : "\n")}... the control plane ends streams after {longest!.Value.TotalSeconds:0} s; resume with: kubectl logs {follow}--since-time={since}\n";
    }

    private static async ValueTask<string> ReadTextAsync(PipeReader body, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await body.ReadAsync(cancellationToken);
            if (!read.IsCompleted && read.Buffer.Length < ErrorLimit)
            {
                body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }

            var text = Encoding.UTF8.GetString(read.Buffer.Slice(0, Math.Min(read.Buffer.Length, ErrorLimit)).ToArray());
            body.AdvanceTo(read.Buffer.End);
            return text;
        }
    }

    private static ApiStatusException Failure(int status, string text)
    {
        var message = text.Trim();
        return status switch
        {
            400 => ApiErrors.BadRequest(message),
            404 => new ApiStatusException(404, "NotFound", message),
            _ => new ApiStatusException(status < 400 ? 500 : status, "InternalError", message.Length == 0 ? "the node could not serve the log" : message),
        };
    }
}
