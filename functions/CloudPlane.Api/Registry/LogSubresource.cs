using System.Text;
using CloudPlane.Schema;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>GET pods/{name}/log: a container's log, from the node.</summary>
internal sealed class LogSubresource(IStateStore store, INodeStreams streams, TimeProvider time, ApiServerOptions options)
{
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

        // What the node takes to begin counts as well.
        using var forwarder = new LogForwarder(operation, time, options.MaxStreamLifetime);
        await using var stream = await streams.RequestAsync(operation.Cluster, node, PathFor(operation, container), operation.Aborted);
        await forwarder.ForwardAsync(stream.Answer);
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
