using System.Runtime.CompilerServices;
using System.Threading.Channels;
using CloudPlane.Cri.V1;

namespace CloudPlane.Cri;

/// <summary>
/// The runtime's events without end: over GetContainerEvents where the runtime has it, over containerd's own stream where it has not,
/// connecting again with back-off whenever the connection ends. Each connection starts with a resync.
/// </summary>
internal sealed class RuntimeEventStream(CriChannel channel, TimeProvider time, Random random)
{
    private static readonly TimeSpan MaxBackOff = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MinBackOff = TimeSpan.FromMilliseconds(50);

    // The runtime answers "unimplemented" at once; an event stream stays silent until something happens.
    private static readonly TimeSpan RefusalTime = TimeSpan.FromMilliseconds(200);

    private readonly ContainerdEvents _containerd = new(channel, time, random);

    public async IAsyncEnumerable<RuntimeEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Bounded: a consumer that is behind holds the runtime's stream back instead of growing us.
        var queue = Channel.CreateBounded<RuntimeEvent>(new BoundedChannelOptions(1024) { SingleReader = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pump = PumpAsync(queue.Writer, stop.Token);
        try
        {
            await foreach (var happened in queue.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                yield return happened;
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await pump.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task PumpAsync(ChannelWriter<RuntimeEvent> writer, CancellationToken cancellationToken)
    {
        try
        {
            var backOff = MinBackOff;
            while (true)
            {
                var connected = await SessionAsync(writer, cancellationToken).ConfigureAwait(false);
                backOff = connected ? MinBackOff : backOff * 2 < MaxBackOff ? backOff * 2 : MaxBackOff;
                await Task.Delay(backOff * (0.5 + random.NextDouble() / 2), time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            writer.Complete(e);
        }
    }

    /// <summary>One connection, to its end. Says whether it ever was one.</summary>
    private async Task<bool> SessionAsync(ChannelWriter<RuntimeEvent> writer, CancellationToken cancellationToken)
    {
        var connected = false;
        try
        {
            await foreach (var happened in OpenAsync(cancellationToken).ConfigureAwait(false))
            {
                connected = true;
                await writer.WriteAsync(happened, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (CriException)
        {
            // The runtime went away or restarts: calls say so to whoever makes them; here only the next connection matters.
        }
        return connected;
    }

    private async IAsyncEnumerable<RuntimeEvent> OpenAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var answers = channel.StreamAsync(CriMethods.GetContainerEvents, new GetEventsRequest(), cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (answers.ConfigureAwait(false))
        {
            var next = answers.MoveNextAsync().AsTask();
            if (!await IsRefusedAsync(next, cancellationToken).ConfigureAwait(false))
            {
                yield return new RuntimeEvent(RuntimeEventKind.Resync, "", time.GetUtcNow());
                for (; await next.ConfigureAwait(false); next = answers.MoveNextAsync().AsTask())
                    yield return Translate(answers.Current);
                yield break;
            }
        }
        await foreach (var happened in _containerd.ReadAsync(cancellationToken).ConfigureAwait(false))
            yield return happened;
    }

    private async Task<bool> IsRefusedAsync(Task<bool> first, CancellationToken cancellationToken)
    {
        try
        {
            await first.WaitAsync(RefusalTime, time, cancellationToken).ConfigureAwait(false);
            return false;
        }
        catch (TimeoutException)
        {
            return false;
        }
        catch (CriException e) when (e.Code == CriStatusCode.Unimplemented)
        {
            return true;
        }
        catch (OperationCanceledException)
        {
            // An enumerator can't be disposed while it moves.
            await ((Task)first).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    private static RuntimeEvent Translate(ContainerEventResponse answer) => new(
        answer.ContainerEventType switch
        {
            ContainerEventType.ContainerCreatedEvent => RuntimeEventKind.Created,
            ContainerEventType.ContainerStartedEvent => RuntimeEventKind.Started,
            ContainerEventType.ContainerStoppedEvent => RuntimeEventKind.Exited,
            ContainerEventType.ContainerDeletedEvent => RuntimeEventKind.Deleted,
            // A kind of a newer runtime: something happened, and listing tells what.
            _ => RuntimeEventKind.Resync,
        },
        answer.ContainerId,
        DateTimeOffset.UnixEpoch.AddTicks(answer.CreatedAt / TimeSpan.NanosecondsPerTick));
}
