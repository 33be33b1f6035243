using System.IO.Pipelines;

namespace CloudPlane.Functions;

/// <summary>
/// A queue that lives as long as one answer of a node. Its messages are put back in order, as a message that is sent again may come twice or
/// late; one that is missing for long breaks the answer, which is told from its end.
/// </summary>
internal sealed class ReplyQueue : IAsyncDisposable
{
    // How long a chunk may come after one that follows it.
    private static readonly TimeSpan Lateness = TimeSpan.FromSeconds(10);

    // The node gives a sign of life each 25 s: two missed ones, and it is taken for dead.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(60);

    private readonly ServiceBusClient _bus;
    private readonly string _name;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _aborted = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly Pipe _body = new();
    private readonly SortedDictionary<long, StreamChunk> _early = [];
    private long _next;
    private Task _pump = Task.CompletedTask;

    private ReplyQueue(ServiceBusClient bus, string name, TimeProvider time) => (_bus, _name, _time) = (bus, name, time);

    /// <summary>What the node answers, as it comes.</summary>
    public PipeReader Body => _body.Reader;

    /// <summary>The answer broke off.</summary>
    public CancellationToken Aborted => _aborted.Token;

    /// <exception cref="ServiceBusException">It can't be made.</exception>
    public static async Task<ReplyQueue> CreateAsync(ServiceBusClient bus, string name, QueueRule rule, TimeProvider time, CancellationToken cancellationToken)
    {
        // Five minutes are the least that Service Bus takes; only of a crash of this process.
        var lifetime = TimeSpan.FromMinutes(5);
        await bus.CreateQueueAsync(
            name, new QueueProperties { DefaultMessageTimeToLive = lifetime, AutoDeleteOnIdle = lifetime, Rules = [rule] }, cancellationToken);
        return new ReplyQueue(bus, name, time);
    }

    /// <summary>Waits for the answer's beginning, and lets the rest come into <see cref="Body"/>; null when none came in time.</summary>
    /// <exception cref="ServiceBusException">The queue can't be read.</exception>
    public async Task<StreamChunk?> BeginAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var until = _time.GetUtcNow() + patience;
        while (!_early.ContainsKey(0))
        {
            var left = until - _time.GetUtcNow();
            if (left <= TimeSpan.Zero || await _bus.ReceiveAndDeleteAsync(_name, Least(left, ServiceBusClient.MaxWait), cancellationToken) is not { } delivery)
                return null;
            Keep(delivery);
        }

        var first = _early[0];
        _pump = Task.Run(PumpAsync, CancellationToken.None);
        return first;
    }

    /// <summary>Ends the answer: whatever the node sends from now on is refused, and so it stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        await _pump;
        try
        {
            await _bus.DeleteQueueAsync(_name, CancellationToken.None);
        }
        catch (ServiceBusException)
        {
            // It goes by itself when it has been idle.
        }

        _closing.Dispose();
        _aborted.Dispose();
    }

    private async Task PumpAsync()
    {
        var inOrderAt = _time.GetUtcNow();
        try
        {
            while (await WriteInOrderAsync())
            {
                if (_early.Count == 0)
                    inOrderAt = _time.GetUtcNow();
                var patience = _early.Count == 0 ? Silence : Lateness - (_time.GetUtcNow() - inOrderAt);
                if (patience <= TimeSpan.Zero || await _bus.ReceiveAndDeleteAsync(_name, patience, _closing.Token) is not { } delivery)
                {
                    await _aborted.CancelAsync();
                    return;
                }

                Keep(delivery);
            }

            await _body.Writer.CompleteAsync();
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
        }
        catch (ServiceBusException)
        {
            await _aborted.CancelAsync();
        }
    }

    /// <summary>Writes what follows without a gap; false at the end.</summary>
    private async ValueTask<bool> WriteInOrderAsync()
    {
        while (_early.Remove(_next, out var chunk))
        {
            _next++;
            if (!chunk.Data.IsEmpty && (await _body.Writer.WriteAsync(chunk.Data, _closing.Token)).IsCompleted)
                return false;
            if (chunk.IsBroken)
                await _aborted.CancelAsync();
            if (chunk.IsEnd || chunk.IsBroken)
                return false;
        }

        return true;
    }

    /// <summary>What is no chunk, or came already, is dropped.</summary>
    private void Keep(BusDelivery delivery)
    {
        if (StreamChunk.Read(delivery.Body) is { } chunk && chunk.Sequence >= _next)
            _early.TryAdd(chunk.Sequence, chunk);
    }

    private static TimeSpan Least(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
