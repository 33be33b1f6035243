using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace CloudPlane.Functions;

/// <summary>
/// Service Bus over its REST interface. Requests that fail for a passing reason are tried again; what is sent may therefore arrive twice
/// unless
/// the queue detects duplicates by <see cref="BusMessage.MessageId"/>. Every method throws <see cref="ServiceBusException"/>.
/// </summary>
internal sealed class ServiceBusClient : IDisposable
{
    /// <summary>The longest wait that a receive may ask for.</summary>
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(60);

    private const string ApiVersion = "api-version=2021-05";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private readonly ServiceBusOptions _options;
    private readonly Uri _endpoint;
    private readonly HttpPipeline _pipeline;
    private readonly IDisposable? _ownTransport;

    /// <exception cref="ArgumentException">The options can't work together; the message says why.</exception>
    public ServiceBusClient(ServiceBusOptions options)
    {
        if (options.Key is null && options.Endpoint.Scheme != Uri.UriSchemeHttps)
            throw new ArgumentException("Service Bus takes a token of Entra over https only: use an https endpoint or a key", nameof(options));
        _endpoint = new Uri(options.Endpoint.GetLeftPart(UriPartial.Authority) + "/");
        _options = options with { Endpoint = _endpoint };
        var transport = options.Transport ?? ServiceBusPipeline.Connect(_endpoint);
        _ownTransport = options.Transport is null ? transport as IDisposable : null;
        _pipeline = ServiceBusPipeline.Build(_options, transport);
    }

    /// <summary>The address of a queue, as it is signed in a token for this queue alone.</summary>
    public Uri QueueAddress(string queue) => new(_endpoint, queue);

    /// <summary>
    /// Sends in order, in as few requests as the limits allow; each request is accepted or refused as a whole, so after an exception a
    /// beginning
    /// of the messages may have been sent.
    /// </summary>
    public async Task SendAsync(string queue, IReadOnlyList<BusMessage> messages, CancellationToken cancellationToken)
    {
        foreach (var part in MessageRequest.Split(queue, messages))
        {
            using var message = Message(RequestMethod.Post, new Uri(_endpoint, $"{queue}/messages"), part.Content);
            // Exactly this type, without a charset, or the service takes the whole batch for one message.
            message.Request.Headers.SetValue(HttpHeader.Names.ContentType,
                part.Properties is null ? "application/vnd.microsoft.servicebus.json" : "application/json");
            if (part.Properties is not null)
                message.Request.Headers.SetValue("BrokerProperties", part.Properties);
            await DoAsync(message, $"send to queue {queue}", cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Removes the next message and returns it; null when none came within <paramref name="timeout"/> (whole seconds, at most 60).
    /// </summary>
    public Task<BusDelivery?> ReceiveAndDeleteAsync(string queue, TimeSpan timeout, CancellationToken cancellationToken) =>
        ReceiveAsync(RequestMethod.Delete, queue, timeout, cancellationToken);

    /// <summary>
    /// Locks the next message and returns it with its <see cref="BusDelivery.Lock"/>; null when none came within <paramref
    /// name="timeout"/>.
    /// </summary>
    public Task<BusDelivery?> PeekLockAsync(string queue, TimeSpan timeout, CancellationToken cancellationToken) =>
        ReceiveAsync(RequestMethod.Post, queue, timeout, cancellationToken);

    /// <summary>Removes a message that was received under a lock.</summary>
    public Task CompleteAsync(BusDelivery delivery, CancellationToken cancellationToken) =>
        SettleAsync(RequestMethod.Delete, delivery, "complete a message", cancellationToken);

    /// <summary>Gives a message back; it can be received again at once.</summary>
    public Task AbandonAsync(BusDelivery delivery, CancellationToken cancellationToken) =>
        SettleAsync(RequestMethod.Put, delivery, "abandon a message", cancellationToken);

    /// <summary>Prolongs the lock of a message by the queue's lock duration from now.</summary>
    public Task RenewLockAsync(BusDelivery delivery, CancellationToken cancellationToken) =>
        SettleAsync(RequestMethod.Post, delivery, "renew the lock of a message", cancellationToken);

    /// <summary>
    /// Makes a queue, or finds it made: returns its description with the keys of its rules, which are those of whoever made it first.
    /// </summary>
    public async Task<QueueDescription> CreateQueueAsync(string queue, QueueProperties properties, CancellationToken cancellationToken)
    {
        using var message = Message(RequestMethod.Put, ManagementAddress(queue), QueueDescriptionXml.Write(properties));
        message.Request.Headers.SetValue(HttpHeader.Names.ContentType, "application/atom+xml");
        var response = await SendAsync(message, $"create queue {queue}", cancellationToken).ConfigureAwait(false);
        if (response.Status == 409)
            return await ExistingAsync(queue, properties, cancellationToken).ConfigureAwait(false);
        ThrowIfFailed(response, $"create queue {queue}");
        return Describe(response, queue) ?? throw Unreadable(queue);
    }

    /// <summary>Null when there is no such queue.</summary>
    public async Task<QueueDescription?> GetQueueAsync(string queue, CancellationToken cancellationToken)
    {
        using var message = Message(RequestMethod.Get, ManagementAddress(queue), null);
        var response = await SendAsync(message, $"read queue {queue}", cancellationToken).ConfigureAwait(false);
        if (response.Status is 404 or 410)
            return null;
        ThrowIfFailed(response, $"read queue {queue}");
        return Describe(response, queue);
    }

    /// <summary>Removes a queue with all of its messages; one that is not there is no error.</summary>
    public async Task DeleteQueueAsync(string queue, CancellationToken cancellationToken)
    {
        using var message = Message(RequestMethod.Delete, ManagementAddress(queue), null);
        var response = await SendAsync(message, $"delete queue {queue}", cancellationToken).ConfigureAwait(false);
        if (response.Status is not (404 or 410))
            ThrowIfFailed(response, $"delete queue {queue}");
    }

    public void Dispose() => _ownTransport?.Dispose();

    private async Task<BusDelivery?> ReceiveAsync(RequestMethod method, string queue, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (timeout < TimeSpan.Zero || timeout > MaxWait)
            throw new ArgumentOutOfRangeException(nameof(timeout), timeout, $"0 to {MaxWait.TotalSeconds} seconds");
        var seconds = (int)Math.Ceiling(timeout.TotalSeconds);
        var address = new Uri(_endpoint, string.Create(CultureInfo.InvariantCulture, $"{queue}/messages/head?timeout={seconds}"));
        using var message = Message(method, address, ReadOnlyMemory<byte>.Empty);
        message.NetworkTimeout = timeout + _options.TryTimeout;
        message.SetProperty(BackoffPolicy.Deadline, _options.Time.GetUtcNow() + timeout);
        var response = await DoAsync(message, $"receive from queue {queue}", cancellationToken).ConfigureAwait(false);
        return response.Status == 204 ? null : Delivery(response, queue);
    }

    private async Task SettleAsync(RequestMethod method, BusDelivery delivery, string what, CancellationToken cancellationToken)
    {
        if (delivery.Lock is not { } address)
            throw new ArgumentException("the message was not received under a lock", nameof(delivery));
        using var message = Message(method, address, ReadOnlyMemory<byte>.Empty);
        var response = await SendAsync(message, what, cancellationToken).ConfigureAwait(false);
        if (response.Status is 404 or 410)
            throw new ServiceBusException(ServiceBusErrorKind.LockLost, $"could not {what}: its lock is lost");
        ThrowIfFailed(response, what);
    }

    private async Task<QueueDescription> ExistingAsync(string queue, QueueProperties wanted, CancellationToken cancellationToken)
    {
        var found = await GetQueueAsync(queue, cancellationToken).ConfigureAwait(false)
            // Deleted between the two requests: the caller's next try makes it.
            ?? throw new ServiceBusException(ServiceBusErrorKind.Unavailable, $"queue {queue} was deleted while it was being created");
        if (found.Properties.RequiresSession != wanted.RequiresSession
            || found.Properties.RequiresDuplicateDetection != wanted.RequiresDuplicateDetection)
        {
            throw new ServiceBusException(ServiceBusErrorKind.AlreadyExists,
                $"queue {queue} exists with other sessions or duplicate detection, which can't be changed");
        }
        return found;
    }

    private Uri ManagementAddress(string queue) => new(_endpoint, $"{queue}?{ApiVersion}");

    private HttpMessage Message(RequestMethod method, Uri address, ReadOnlyMemory<byte>? content)
    {
        var message = _pipeline.CreateMessage();
        message.Request.Method = method;
        message.Request.Uri.Reset(address);
        message.Request.Content = content is { } bytes ? RequestContent.Create(bytes) : null;
        message.NetworkTimeout = _options.TryTimeout;
        return message;
    }

    private async Task<Response> DoAsync(HttpMessage message, string what, CancellationToken cancellationToken)
    {
        var response = await SendAsync(message, what, cancellationToken).ConfigureAwait(false);
        ThrowIfFailed(response, what);
        return response;
    }

    private async Task<Response> SendAsync(HttpMessage message, string what, CancellationToken cancellationToken)
    {
        try
        {
            await _pipeline.SendAsync(message, cancellationToken).ConfigureAwait(false);
            return message.Response;
        }
        catch (Exception e) when (BackoffPolicy.IsTransient(e, cancellationToken))
        {
            throw new ServiceBusException(ServiceBusErrorKind.Unavailable, $"could not {what}: {_endpoint.Authority} can't be reached", e);
        }
        catch (Exception e) when (_options.Key is null && e is not OperationCanceledException)
        {
            throw new ServiceBusException(ServiceBusErrorKind.Unauthorized, $"could not {what}: no token for Service Bus", e);
        }
    }

    private static void ThrowIfFailed(Response response, string what)
    {
        if (response.Status is < 200 or >= 300)
            throw ServiceBusErrors.From(response, what);
    }

    private static QueueDescription? Describe(Response response, string queue)
    {
        try
        {
            return QueueDescriptionXml.Read(response.Content.ToStream());
        }
        catch (FormatException e)
        {
            throw new ServiceBusException(ServiceBusErrorKind.Unavailable, $"could not read queue {queue}: {e.Message}", e);
        }
    }

    private static ServiceBusException Unreadable(string queue) =>
        new(ServiceBusErrorKind.Unavailable, $"could not create queue {queue}: the answer does not describe it");

    private BusDelivery Delivery(Response response, string queue)
    {
        try
        {
            var properties = response.Headers.TryGetValue("BrokerProperties", out var text) ? JsonNode.Parse(text, documentOptions: Strict) as JsonObject : null;
            var until = (string?)properties?["LockedUntilUtc"];
            return new BusDelivery(response.Content.ToMemory(), (string?)properties?["MessageId"], (int?)properties?["DeliveryCount"] ?? 1)
            {
                Lock = response.Headers.TryGetValue("Location", out var location) ? LockAddress(location) : null,
                LockedUntil = until is null ? null : DateTimeOffset.Parse(until, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new ServiceBusException(ServiceBusErrorKind.Unavailable, $"received from queue {queue} a message whose properties can't be read", e);
        }
    }

    // Our credential goes to our namespace only, whatever an answer says.
    private Uri LockAddress(string location) =>
        Uri.TryCreate(_endpoint, location, out var address) && address.Authority == _endpoint.Authority && address.Scheme == _endpoint.Scheme
            ? address
            : throw new FormatException("the lock's address is not in this namespace");
}
