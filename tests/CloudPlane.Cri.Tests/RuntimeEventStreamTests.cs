using System.Threading.Channels;
using CloudPlane.Cri.Containerd;
using CloudPlane.Cri.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace CloudPlane.Cri.Tests;

public sealed class RuntimeEventStreamTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private FakeCriServer _server = null!;
    private CriRuntime _runtime = null!;

    public async Task InitializeAsync()
    {
        _server = await FakeCriServer.StartAsync();
        _runtime = new CriRuntime(_server.Socket, TimeProvider.System, new Random(1));
    }

    public async Task DisposeAsync()
    {
        _runtime.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Events_of_the_interface_come_after_a_resync()
    {
        _server.On("GetContainerEvents", async call =>
        {
            await call.AnswerAsync(Event("a", ContainerEventType.ContainerStartedEvent));
            await call.AnswerAsync(Event("a", ContainerEventType.ContainerStoppedEvent));
            await Task.Delay(Timeout.Infinite, call.Aborted);
        });
        var events = await TakeAsync(3);
        Assert.Equal([RuntimeEventKind.Resync, RuntimeEventKind.Started, RuntimeEventKind.Exited], events.Select(e => e.Kind));
        Assert.Equal(("a", DateTimeOffset.UnixEpoch.AddSeconds(2)), (events[2].ContainerId, events[2].At));
    }

    [Fact]
    public async Task A_runtime_without_them_is_asked_for_the_events_of_containerd()
    {
        ServeContainerd(
            Envelope("k8s.io", "/tasks/exit", "containerd.events.TaskExit", new TaskExit { ContainerId = "c", Id = "an-exec" }),
            Envelope("k8s.io", "/tasks/oom", "type.googleapis.com/containerd.events.TaskOOM", new TaskOOM { ContainerId = "c" }),
            Envelope("k8s.io", "/tasks/exit", "containerd.events.TaskExit",
                new TaskExit { ContainerId = "c", Id = "c", ExitStatus = 137, ExitedAt = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddSeconds(7)) }),
            Envelope("k8s.io", "/containers/delete", "containerd.events.ContainerDelete", new ContainerDelete { Id = "c" }));
        var events = await TakeAsync(4);
        Assert.Equal(RuntimeEventKind.Resync, events[0].Kind);
        Assert.Equal([RuntimeEventKind.OutOfMemory, RuntimeEventKind.Exited, RuntimeEventKind.Deleted], events.Skip(1).Select(e => e.Kind));
        Assert.All(events.Skip(1), e => Assert.Equal("c", e.ContainerId));
        Assert.Equal((137, DateTimeOffset.UnixEpoch.AddSeconds(7)), (events[2].ExitCode, events[2].At));
    }

    [Fact]
    public async Task A_lost_connection_is_made_again_and_told()
    {
        ServeContainerd(Envelope("k8s.io", "/tasks/start", "containerd.events.TaskStart", new TaskStart { ContainerId = "c" }));
        using var stop = new CancellationTokenSource(Patience);
        var events = _runtime.WatchEventsAsync(stop.Token).GetAsyncEnumerator();
        await ExpectAsync(events, RuntimeEventKind.Resync, RuntimeEventKind.Started);

        await _server.StopAsync();
        var next = events.MoveNextAsync().AsTask();
        Assert.NotSame(next, await Task.WhenAny(next, Task.Delay(200)));

        await _server.RestartAsync();
        Assert.True(await next);
        Assert.Equal(RuntimeEventKind.Resync, events.Current.Kind);
        await ExpectAsync(events, RuntimeEventKind.Started);
        await events.DisposeAsync();
    }

    [Fact]
    public async Task An_event_that_cannot_be_read_makes_the_consumer_list_again()
    {
        var broken = new Envelope { Namespace = "k8s.io", Topic = "/tasks/exit", Event = new Any { TypeUrl = "containerd.events.TaskExit", Value = ByteString.CopyFrom(0x0f) } };
        ServeContainerd(broken);
        Assert.Equal([RuntimeEventKind.Resync, RuntimeEventKind.Resync], (await TakeAsync(2)).Select(e => e.Kind));
    }

    [Fact]
    public async Task The_token_ends_the_watch_also_while_the_runtime_is_silent()
    {
        _server.On("GetContainerEvents", call => Task.Delay(Timeout.Infinite, call.Aborted));
        using var stop = new CancellationTokenSource();
        await using var events = _runtime.WatchEventsAsync(stop.Token).GetAsyncEnumerator();
        await ExpectAsync(events, RuntimeEventKind.Resync);
        var next = events.MoveNextAsync().AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.WaitAsync(Patience));
    }

    /// <summary>Sends the announcement back as containerd does, then the given events to each subscriber.</summary>
    private void ServeContainerd(params Envelope[] envelopes)
    {
        var published = Channel.CreateUnbounded<PublishRequest>();
        _server.On("Publish", async call =>
        {
            Assert.Equal("cloudplane", call.Header("containerd-namespace"));
            published.Writer.TryWrite(call.Read<PublishRequest>());
            await call.AnswerAsync(new PublishResponse());
        });
        _server.On("Subscribe", async call =>
        {
            var topic = call.Read<SubscribeRequest>().Filters[1].Split('"')[1];
            // Something from before the subscription was known to be there.
            await call.AnswerAsync(Envelope("k8s.io", "/tasks/start", "containerd.events.TaskStart", new TaskStart { ContainerId = "early" }));
            while ((await published.Reader.ReadAsync(call.Aborted)).Topic != topic)
            {
            }
            await call.AnswerAsync(new Envelope { Topic = topic });
            foreach (var envelope in envelopes)
                await call.AnswerAsync(envelope);
            await Task.Delay(Timeout.Infinite, call.Aborted);
        });
    }

    private async Task<List<RuntimeEvent>> TakeAsync(int count)
    {
        using var stop = new CancellationTokenSource(Patience);
        var events = new List<RuntimeEvent>();
        await foreach (var happened in _runtime.WatchEventsAsync(stop.Token))
        {
            events.Add(happened);
            if (events.Count == count)
                break;
        }
        return events;
    }

    private static async Task ExpectAsync(IAsyncEnumerator<RuntimeEvent> events, params RuntimeEventKind[] kinds)
    {
        foreach (var kind in kinds)
        {
            Assert.True(await events.MoveNextAsync().AsTask().WaitAsync(Patience));
            Assert.Equal(kind, events.Current.Kind);
        }
    }

    private static ContainerEventResponse Event(string id, ContainerEventType type) =>
        new() { ContainerId = id, ContainerEventType = type, CreatedAt = 2_000_000_000 };

    private static Envelope Envelope(string space, string topic, string type, IMessage message) => new()
    {
        Namespace = space,
        Topic = topic,
        Timestamp = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch),
        Event = new Any { TypeUrl = type, Value = message.ToByteString() },
    };
}
