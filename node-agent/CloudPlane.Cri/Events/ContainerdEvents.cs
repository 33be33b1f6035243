using System.Globalization;
using System.Runtime.CompilerServices;
using CloudPlane.Cri.Containerd;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace CloudPlane.Cri;

/// <summary>
/// One subscription to containerd's own events, for containerd 1.6. Such a subscription gets no answer until something happens, so
/// nothing tells when it has begun; hence an event of our own is published until it comes back, and that is the resync.
/// </summary>
internal sealed class ContainerdEvents(CriChannel channel, TimeProvider time, Random random)
{
    // Where containerd's CRI plugin keeps its containers; the event of our own is published in another namespace.
    private const string CriNamespace = "k8s.io";

    private static readonly TimeSpan AnnounceEvery = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan CallDeadline = TimeSpan.FromSeconds(10);

    /// <summary>The events of one connection.</summary>
    /// <exception cref="CriException">The connection broke, or containerd sent what is no event.</exception>
    public async IAsyncEnumerable<RuntimeEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var session = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var topic = string.Create(CultureInfo.InvariantCulture, $"/cloudplane/subscribed/{random.NextInt64():x16}");
        var answers = channel.StreamAsync(CriMethods.Subscribe, Subscription(topic), session.Token).GetAsyncEnumerator(session.Token);
        await using (answers.ConfigureAwait(false))
        {
            await BeginAsync(answers, topic, session).ConfigureAwait(false);
            yield return new RuntimeEvent(RuntimeEventKind.Resync, "", time.GetUtcNow());
            while (await answers.MoveNextAsync().ConfigureAwait(false))
            {
                if (answers.Current.Topic != topic && Translate(answers.Current) is { } happened)
                    yield return happened;
            }
        }
    }

    private static SubscribeRequest Subscription(string topic) => new()
    {
        Filters =
        {
            $"namespace=={CriNamespace},topic~=\"^/(tasks/(start|exit|oom)|containers/(create|delete))$\"",
            $"topic==\"{topic}\"",
        },
    };

    /// <summary>Waits for the own event. What came before it is dropped: the list that follows a resync shows it.</summary>
    private async Task BeginAsync(IAsyncEnumerator<Envelope> answers, string topic, CancellationTokenSource session)
    {
        using var announced = CancellationTokenSource.CreateLinkedTokenSource(session.Token);
        var announce = AnnounceAsync(topic, announced.Token);
        var begin = SkipToAsync(answers, topic);
        if (await Task.WhenAny(announce, begin).ConfigureAwait(false) == announce)
            // It only ends by failing: end the reading with it, for an enumerator can't be disposed while it moves.
            await session.CancelAsync().ConfigureAwait(false);
        else
            await announced.CancelAsync().ConfigureAwait(false);
        await begin.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await announce.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await (announce.IsFaulted ? announce : begin).ConfigureAwait(false);
    }

    private static async Task SkipToAsync(IAsyncEnumerator<Envelope> answers, string topic)
    {
        while (await answers.MoveNextAsync().ConfigureAwait(false))
        {
            if (answers.Current.Topic == topic)
                return;
        }
        throw new CriException(CriStatusCode.Unavailable, "the event stream ended before it began", nameof(CriMethods.Subscribe));
    }

    private async Task AnnounceAsync(string topic, CancellationToken cancellationToken)
    {
        var request = new PublishRequest { Topic = topic, Event = new Any { TypeUrl = "containerd.events.ContainerCreate" } };
        while (true)
        {
            await channel.CallAsync(CriMethods.Publish, request, CallDeadline, cancellationToken).ConfigureAwait(false);
            await Task.Delay(AnnounceEvery, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private static RuntimeEvent? Translate(Envelope envelope)
    {
        try
        {
            var at = envelope.Timestamp?.ToDateTimeOffset() ?? default;
            var body = envelope.Event?.Value ?? ByteString.Empty;
            return envelope.Event?.TypeUrl.Split('.', '/')[^1] switch
            {
                nameof(TaskStart) => new RuntimeEvent(RuntimeEventKind.Started, TaskStart.Parser.ParseFrom(body).ContainerId, at),
                nameof(TaskExit) => OfExit(TaskExit.Parser.ParseFrom(body), at),
                nameof(TaskOOM) => new RuntimeEvent(RuntimeEventKind.OutOfMemory, TaskOOM.Parser.ParseFrom(body).ContainerId, at),
                nameof(ContainerCreate) => new RuntimeEvent(RuntimeEventKind.Created, ContainerCreate.Parser.ParseFrom(body).Id, at),
                nameof(ContainerDelete) => new RuntimeEvent(RuntimeEventKind.Deleted, ContainerDelete.Parser.ParseFrom(body).Id, at),
                _ => null,
            };
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidOperationException)
        {
            // Skipping it might lose an exit; failing makes the consumer list again.
            throw new CriException(CriStatusCode.Internal, $"an event of topic {envelope.Topic} that can't be read: {e.Message}", nameof(CriMethods.Subscribe), e);
        }
    }

    /// <summary>The exit of a process that exec started is not the container's.</summary>
    private static RuntimeEvent? OfExit(TaskExit exit, DateTimeOffset at) =>
        exit.Id == exit.ContainerId
            ? new RuntimeEvent(RuntimeEventKind.Exited, exit.ContainerId, exit.ExitedAt?.ToDateTimeOffset() ?? at, (int)exit.ExitStatus) : null;
}
