using System.Text;

namespace CloudPlane.Doubles.Tests;

/// <summary>A bus under a clock that only the test moves.</summary>
internal sealed class BusFixture
{
    /// <summary>Ends a test that would wait for ever; never reached by one that works.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public BusFixture(int seed = 1)
    {
        Bus = new ServiceBusDouble(Time, new Random(seed));
    }

    public ManualTime Time { get; } = new();

    public ServiceBusDouble Bus { get; }

    public BusQueue Plain(QueueSettings? settings = null) => Bus.CreateQueue("plain", settings ?? new QueueSettings());

    public BusQueue Sessions(QueueSettings? settings = null) =>
        Bus.CreateQueue("sessions", (settings ?? new QueueSettings()) with { RequiresSession = true });

    public static SentMessage Message(string body, string? session = null, string? id = null) =>
        new(Encoding.UTF8.GetBytes(body)) { SessionId = session, MessageId = id };

    public static string Text(ReceivedMessage? message) => message is null ? "(none)" : Encoding.UTF8.GetString(message.Body.Span);

    public static async Task<string> TakeAsync(BusQueue queue) =>
        Text(await queue.ReceiveAndDeleteAsync(TimeSpan.Zero, CancellationToken.None));

    public static Task<ReceivedMessage?> LockAsync(BusQueue queue) => queue.PeekLockAsync(TimeSpan.Zero, CancellationToken.None);

    public static Task<SessionReceiver?> AcceptAsync(BusQueue queue) => queue.AcceptNextSessionAsync(TimeSpan.Zero, CancellationToken.None);

    public static Task<IReadOnlyList<ReceivedMessage>> TakeAsync(SessionReceiver session, int most = 100) =>
        session.ReceiveAsync(most, TimeSpan.Zero, CancellationToken.None);

    /// <summary>Waits until the code under test has armed a timer, so that moving the clock reaches it.</summary>
    public async Task UntilWaitingAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        while (Time.Waiting == 0)
            await Task.Delay(5, patience.Token);
    }
}
