using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace CloudPlane.Doubles;

/// <summary>From a request's path and method to the queue's operation: find the route, check the right, do it.</summary>
internal sealed class RequestHandler(ServiceBusDouble bus)
{
    private const int MaxWaitSeconds = 60;

    private readonly QueueManagement _management = new(bus);

    public Task<Reply> HandleAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var path = (request.Path.Value ?? "").Trim('/');
        var segments = path.Split('/');
        var messages = Array.FindLastIndex(segments, segment => segment.Equals("messages", StringComparison.OrdinalIgnoreCase));
        var queue = messages < 1 ? path : string.Join('/', segments[..messages]);
        string[] rest = messages < 1 ? [] : segments[(messages + 1)..];
        return messages < 1
            ? _management.HandleAsync(request, path, cancellationToken)
            : (request.Method, rest) switch
            {
                ("POST", []) => SendAsync(request, path, queue, cancellationToken),
                ("POST", [var head]) when IsHead(head) => PeekLockAsync(request, path, queue, cancellationToken),
                ("DELETE", [var head]) when IsHead(head) => ReceiveAndDeleteAsync(request, path, queue, cancellationToken),
                ("DELETE", [var id, var token]) => Task.FromResult(Settle(request, path, queue, id, token, (q, t) => q.Complete(t))),
                ("PUT", [var id, var token]) => Task.FromResult(Settle(request, path, queue, id, token, (q, t) => q.Abandon(t))),
                ("POST", [var id, var token]) => Task.FromResult(Settle(request, path, queue, id, token, (q, t) => q.RenewLock(t))),
                (_, { Length: <= 2 }) => throw new BusException(405, $"{request.Method} is not allowed here."),
                _ => throw new BusException(404, "There is nothing at this path."),
            };
    }

    private async Task<Reply> SendAsync(HttpRequest request, string path, string name, CancellationToken cancellationToken)
    {
        Authorize(request, path, name, AccessRights.Send);
        var queue = bus.Queue(name);
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, cancellationToken);
        queue.Send(MessageReader.Read(request, body.ToArray()));
        return new Reply(201) { ContentType = request.ContentType };
    }

    private async Task<Reply> PeekLockAsync(HttpRequest request, string path, string name, CancellationToken cancellationToken)
    {
        Authorize(request, path, name, AccessRights.Listen);
        var message = await bus.Queue(name).PeekLockAsync(Wait(request), cancellationToken);
        if (message is null)
            return new Reply(204);
        var address = string.Create(CultureInfo.InvariantCulture, $"{request.Scheme}://{request.Host}/{name}/messages/{message.SequenceNumber}/{message.LockToken}");
        return MessageWriter.Write(201, message, address);
    }

    private async Task<Reply> ReceiveAndDeleteAsync(HttpRequest request, string path, string name, CancellationToken cancellationToken)
    {
        Authorize(request, path, name, AccessRights.Listen);
        var message = await bus.Queue(name).ReceiveAndDeleteAsync(Wait(request), cancellationToken);
        return message is null ? new Reply(204) : MessageWriter.Write(200, message, null);
    }

    private Reply Settle(HttpRequest request, string path, string name, string id, string token, Action<BusQueue, Guid> settle)
    {
        Authorize(request, path, name, AccessRights.Listen);
        var queue = bus.Queue(name);
        if (id.Length == 0 || !Guid.TryParse(token, out var lockToken))
            throw new BusException(404, "The lock supplied is invalid.");
        settle(queue, lockToken);
        return new Reply(200);
    }

    private void Authorize(HttpRequest request, string path, string queue, AccessRights right) =>
        bus.Authorize(request.Headers.Authorization, request.Host.Value ?? "", path, queue, right);

    // Longer waits are documented nowhere: who asks for one must not count on it.
    private static TimeSpan Wait(HttpRequest request)
    {
        if (!request.Query.TryGetValue("timeout", out var text))
            return TimeSpan.FromSeconds(MaxWaitSeconds);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= MaxWaitSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw new BusException(400, $"timeout is a number of seconds from 0 to {MaxWaitSeconds}");
    }

    private static bool IsHead(string segment) => segment.Equals("head", StringComparison.OrdinalIgnoreCase);
}
