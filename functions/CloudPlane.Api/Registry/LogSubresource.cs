using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using CloudPlane.Schema;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>GET pods/{name}/log: a container's log, from the node, through its tunnel.</summary>
internal sealed class LogSubresource(IStateStore store, NodeTunnels tunnels)
{
    private const int ErrorLimit = 4096;
    private static readonly string[] Forwarded = ["follow", "previous", "tailLines", "sinceSeconds", "sinceTime", "timestamps", "limitBytes"];

    public async ValueTask GetAsync(Operation operation)
    {
        CheckOptions(operation);
        var stored = await store.GetAsync(operation.Partition, operation.Key, operation.Aborted)
            ?? throw ApiErrors.NotFound(operation.Resource, operation.Name);
        var pod = Documents.Parse(stored.Document);
        var container = LogTarget.Container(pod, operation.Name, operation.Query.Text("container"));
        if (LogTarget.Node(pod, operation.Name, container, operation.Query.Flag("previous")) is not { } node)
        {
            // As kube-apiserver: a pod that has no node yet has an empty log.
            await Responder.BytesAsync(operation, default, "text/plain");
            return;
        }

        using var stream = await tunnels.RequestAsync(operation.Cluster, node, PathFor(operation, container), operation.Aborted);
        await ForwardAsync(operation, await stream.Answered);
    }

    private static async ValueTask ForwardAsync(Operation operation, StreamAnswer answer)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(operation.Aborted, answer.Aborted);
        if (answer.Status != 200)
            throw Failure(answer.Status, await ReadTextAsync(answer.Body, either.Token));
        var response = operation.Response;
        response.StatusCode = 200;
        response.ContentType = answer.ContentType;
        await response.Body.FlushAsync(either.Token);
        while (true)
        {
            ReadResult read;
            try
            {
                read = await answer.Body.ReadAsync(either.Token);
            }
            catch (Exception e) when (!operation.Aborted.IsCancellationRequested && e is (OperationCanceledException or IOException))
            {
                // The node broke off: the client must not take what it has for the whole log.
                response.Abort();
                return;
            }

            foreach (var part in read.Buffer)
                response.Body.Write(part.Span);
            answer.Body.AdvanceTo(read.Buffer.End);
            if ((await response.Body.FlushAsync(either.Token)).IsCompleted || read.IsCompleted)
                return;
        }
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

    private static string PathFor(Operation operation, string container)
    {
        var path = new StringBuilder($"/containerLogs/{operation.Namespace}/{operation.Name}/{container}");
        var separator = '?';
        foreach (var name in Forwarded)
        {
            if (operation.Query[name] is not { Length: > 0 } value)
                continue;
            path.Append(separator).Append(name).Append('=').Append(Uri.EscapeDataString(value));
            separator = '&';
        }

        return path.ToString();
    }

    /// <summary>The rules of core validation's ValidatePodLogOptions.</summary>
    private static void CheckOptions(Operation operation)
    {
        var errors = new List<FieldError>();
        AtLeast("tailLines", 0, "must be greater than or equal to 0");
        AtLeast("limitBytes", 1, "must be greater than 0");
        AtLeast("sinceSeconds", 1, "must be greater than 0");
        if (operation.Query["sinceSeconds"] is not null && operation.Query["sinceTime"] is not null)
            errors.Add(new(FieldErrorType.FieldValueForbidden, "", "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"));
        if (operation.Query["sinceTime"] is { } since && !DateTimeOffset.TryParse(since, System.Globalization.CultureInfo.InvariantCulture, out _))
            throw ApiErrors.BadRequest($"parsing time {GoText.Quote(since)} as \"2006-01-02T15:04:05Z07:00\": cannot parse {GoText.Quote(since)} as \"2006\"");
        if (errors.Count > 0)
            throw ApiErrors.Invalid("", "PodLogOptions", "", errors);

        void AtLeast(string name, long least, string message)
        {
            if (operation.Query.Number(name) is { } value && value < least)
                errors.Add(new(FieldErrorType.FieldValueInvalid, name, $"Invalid value: {value}: {message}"));
        }
    }
}
