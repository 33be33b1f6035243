using System.Text;
using CloudPlane.Doubles;

namespace CloudPlane.Functions.Tests;

/// <summary>The client and the double it talks to over loopback, both by the system's clock.</summary>
internal sealed class BusFixture : IAsyncDisposable
{
    /// <summary>Ends a test that would wait for ever; never reached by one that works.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ServiceBusDoubleServer _server;

    private BusFixture(ServiceBusDoubleServer server)
    {
        _server = server;
        Client = Connect(Bus.RootKey);
    }

    public ServiceBusDouble Bus => _server.Bus;

    public Uri Endpoint => _server.Endpoint;

    public ServiceBusClient Client { get; }

    public static async Task<BusFixture> StartAsync() =>
        new(await ServiceBusDoubleServer.StartAsync(new ServiceBusDouble(TimeProvider.System, new Random(1))));

    /// <summary>A client that tries often and waits little.</summary>
    public ServiceBusClient Connect(string key) => new(new ServiceBusOptions
    {
        Endpoint = Endpoint,
        Key = SasKey.Parse(key),
        Random = new Random(2),
        MaxAttempts = 8,
        Delay = TimeSpan.FromMilliseconds(1),
        MaxDelay = TimeSpan.FromMilliseconds(5),
    });

    public static BusMessage Message(string body, string? id = null, string? session = null) =>
        new(Encoding.UTF8.GetBytes(body)) { MessageId = id, SessionId = session };

    public static string Text(BusDelivery? delivery) => delivery is null ? "(none)" : Encoding.UTF8.GetString(delivery.Body.Span);

    public static string Text(ReceivedMessage message) => Encoding.UTF8.GetString(message.Body.Span);

    public static async Task<ServiceBusException> FailsAsync(Func<Task> action) => await Assert.ThrowsAsync<ServiceBusException>(action);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
    }
}
