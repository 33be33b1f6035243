using System.Text;
using System.Text.Json.Nodes;

namespace CloudPlane.Doubles.Tests;

public sealed class TriggerTests
{
    private readonly ServiceBusDouble _bus = new(TimeProvider.System, new Random(1));

    private BusQueue Queue => _bus.Queue("work");

    [Fact]
    public async Task Messages_of_a_session_come_in_one_envelope_encoded_twice()
    {
        await using var app = await StartAsync();
        Queue.Send(Message("s", "m1", """{"key":"a \"quoted\" é"}"""), Message("s", "m2", "plain text"));
        var (path, type, envelope) = (await EnvelopesAsync(app, 1))[0];
        Assert.Equal(("/Work", "application/json; charset=utf-8"), (path, type));
        Assert.Equal("""["{\"key\":\"a \\\"quoted\\\" é\"}","plain text"]""", (string?)envelope["Data"]!["messages"]);
        var metadata = envelope["Metadata"]!;
        Assert.Equal("""["m1","m2"]""", (string?)metadata["MessageIdArray"]);
        Assert.Equal("""["s","s"]""", (string?)metadata["SessionIdArray"]);
        Assert.Equal("[1,1]", (string?)metadata["DeliveryCountArray"]);
        Assert.Equal("Work", (string?)metadata["sys"]!["MethodName"]);
        await SettledAsync();
        Assert.Equal("function:Work", Assert.Single(app.Host.Instances).Group);
    }

    [Theory]
    [InlineData("fail", "answered 500")]
    [InlineData("text", "content type is text/plain")]
    public async Task A_failed_execution_abandons_its_messages(string answer, string reason)
    {
        await using var app = await StartAsync();
        await File.WriteAllTextAsync(app.App.PathOf("answer"), answer);
        Queue.Send(Message("s", "m", "{}"));
        await EnvelopesAsync(app, 2);
        await File.WriteAllTextAsync(app.App.PathOf("answer"), "ok");
        await SettledAsync();
        var last = (await ReadAsync(app))[^1].Envelope;
        Assert.True(int.Parse(((string?)last["Metadata"]!["DeliveryCountArray"])!.Trim('[', ']')) > 1);
        Assert.Contains(reason, await File.ReadAllTextAsync(Path.Combine(app.App.PathOf("log"), "host.log")));
    }

    [Fact]
    public async Task An_empty_answer_hangs_until_the_function_timeout_and_costs_the_handler()
    {
        await using var app = await StartAsync(o => o with { FunctionTimeout = TimeSpan.FromSeconds(2) });
        await File.WriteAllTextAsync(app.App.PathOf("answer"), "empty");
        Queue.Send(Message("s", "m", "{}"));
        await EnvelopesAsync(app, 1);
        await File.WriteAllTextAsync(app.App.PathOf("answer"), "ok");
        await SettledAsync();
        Assert.True((await File.ReadAllLinesAsync(app.Host.Instances.Single().LogFile)).Count(line => line == "the fake handler listens") > 1);
        Assert.Contains("functionTimeout", await File.ReadAllTextAsync(Path.Combine(app.App.PathOf("log"), "host.log")));
    }

    [Fact]
    public async Task What_an_instance_held_when_it_was_killed_comes_again_after_the_lock()
    {
        await using var app = await StartAsync();
        await File.WriteAllTextAsync(app.App.PathOf("answer"), "empty");
        Queue.Send(Message("s", "m", "{}"));
        await EnvelopesAsync(app, 1);
        FunctionsHostDouble.Kill(app.Host.Instances.Single());
        Assert.Empty(app.Host.Instances);
        await File.WriteAllTextAsync(app.App.PathOf("answer"), "ok");
        await SettledAsync();
        Assert.Equal("[2]", (string?)(await ReadAsync(app))[1].Envelope["Metadata"]!["DeliveryCountArray"]);
        Assert.Equal("function-Work-2", app.Host.Instances.Single().Id);
    }

    [Fact]
    public async Task A_crash_costs_a_message_one_delivery_as_none_is_posted_before_the_next_handler_is_up()
    {
        await using var app = await StartAsync();
        await File.WriteAllTextAsync(app.App.PathOf("answer"), "crash 2");
        Queue.Send(Message("s", "m", "{}"));
        await SettledAsync();
        Assert.Equal(["[1]", "[2]", "[3]"], (await ReadAsync(app)).Select(seen => (string?)seen.Envelope["Metadata"]!["DeliveryCountArray"]));
        Assert.Equal("function-Work-1", app.Host.Instances.Single().Id);
        Assert.Equal(2, (await File.ReadAllLinesAsync(Path.Combine(app.App.PathOf("log"), "host.log"))).Length);
    }

    [Fact]
    public async Task A_host_that_stops_after_the_third_crash_lets_its_sessions_go()
    {
        // Nobody would wait for this lock to run out.
        await using var app = await StartAsync(lockDuration: TimeSpan.FromMinutes(5));
        await File.WriteAllTextAsync(app.App.PathOf("answer"), "crash 3");
        Queue.Send(Message("s", "m", "{}"));
        await SettledAsync();
        Assert.Equal("[4]", (string?)(await ReadAsync(app))[^1].Envelope["Metadata"]!["DeliveryCountArray"]);
        Assert.Equal("function-Work-2", app.Host.Instances.Single().Id);
    }

    [Fact]
    public async Task An_instance_works_on_one_session_at_a_time()
    {
        await using var app = await StartAsync();
        await File.WriteAllTextAsync(app.App.PathOf("answer"), "empty");
        Queue.Send(Message("s1", "m1", "{}"), Message("s2", "m2", "{}"));
        await EnvelopesAsync(app, 1);
        await Task.Delay(TimeSpan.FromSeconds(2));
        Assert.Single(await ReadAsync(app));
        Assert.Single(app.Host.Instances);
    }

    [Fact]
    public async Task More_messages_than_a_batch_start_more_instances()
    {
        await using var app = await StartAsync();
        await File.WriteAllTextAsync(app.App.PathOf("answer"), "empty");
        for (var i = 0; i < 12; i++)
            Queue.Send(Message($"s{i % 3}", $"m{i}", "{}"));
        await EnvelopesAsync(app, 2);
        Assert.Equal(2, app.Host.Instances.Count);
    }

    [Fact]
    public async Task The_lock_of_a_session_is_not_renewed_and_a_batch_that_outlives_it_comes_again()
    {
        await using var app = await StartAsync(o => o with { FunctionTimeout = TimeSpan.FromSeconds(7) });
        await File.WriteAllTextAsync(app.App.PathOf("answer"), "empty");
        Queue.Send(Message("s", "m", "{}"));
        await EnvelopesAsync(app, 1);
        await File.WriteAllTextAsync(app.App.PathOf("answer"), "ok");
        await SettledAsync();
        Assert.NotEqual("[1]", (string?)(await ReadAsync(app))[^1].Envelope["Metadata"]!["DeliveryCountArray"]);
        Assert.Contains("the lock of session s", await File.ReadAllTextAsync(Path.Combine(app.App.PathOf("log"), "host.log")));
    }

    [Fact]
    public async Task A_timer_fires_by_hand_on_its_own_instance()
    {
        await using var app = await StartAsync();
        Assert.True(await app.Host.FireTimerAsync("Seed"));
        var (path, _, envelope) = Assert.Single(await ReadAsync(app));
        Assert.Equal("/Seed", path);
        Assert.False((bool)envelope["Data"]!["timer"]!["IsPastDue"]!);
        Assert.Equal("function-Seed-1", app.Host.Instances.Single().Id);
        await File.WriteAllTextAsync(app.App.PathOf("answer"), "fail");
        Assert.False(await app.Host.FireTimerAsync("Seed"));
    }

    [Fact]
    public async Task A_timer_fires_by_its_schedule()
    {
        await using var app = await StartAsync(
            o => o with { RunTimers = true },
            a => a.Write("Seed/function.json", a.Read("Seed/function.json").Replace("0 */15 *", "* * *")));
        await EnvelopesAsync(app, 2);
    }

    [Theory]
    [InlineData("0 */15 * * * *", "2026-01-01T00:00:00Z", "2026-01-01T00:15:00Z")]
    [InlineData("30 0 3 * * *", "2026-01-31T03:00:30Z", "2026-02-01T03:00:30Z")]
    [InlineData("0 0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("0 5,10-12 * * * 1-5", "2026-01-03T00:00:00Z", "2026-01-05T00:05:00Z")]
    public void Schedules_tell_their_next_time(string schedule, string after, string next) =>
        Assert.Equal(DateTimeOffset.Parse(next), TimerSchedule.Parse(schedule)!.Next(DateTimeOffset.Parse(after)));

    [Theory]
    [InlineData("")]
    [InlineData("* * * * *")]
    [InlineData("60 * * * * *")]
    [InlineData("5-1 * * * * *")]
    [InlineData("*/0 * * * * *")]
    [InlineData("0 0 0 0 * *")]
    public void Wrong_schedules_are_none(string schedule) => Assert.Null(TimerSchedule.Parse(schedule));

    private async Task<RunningApp> StartAsync(
        Func<FunctionsHostOptions, FunctionsHostOptions>? change = null, Action<TestApp>? spoil = null, TimeSpan? lockDuration = null)
    {
        _bus.CreateQueue("work", new QueueSettings { RequiresSession = true, LockDuration = lockDuration ?? TimeSpan.FromSeconds(5), MaxDeliveryCount = 1000 });
        return await RunningApp.StartAsync(options => (change ?? (o => o))(options with { ServiceBus = _bus }), spoil);
    }

    private Task SettledAsync() => Eventually.IsTrueAsync(() => Queue.Peek().Count == 0, "the queue is empty");

    private static SentMessage Message(string session, string id, string body) => new(Encoding.UTF8.GetBytes(body)) { SessionId = session, MessageId = id };

    private static async Task<List<(string Path, string Type, JsonNode Envelope)>> EnvelopesAsync(RunningApp app, int count) =>
        await Eventually.SatisfiesAsync(() => ReadAsync(app), seen => seen.Count >= count, $"{count} envelopes");

    /// <summary>What the handlers have written down, oldest first: path, content type and body on a line each.</summary>
    private static async Task<List<(string Path, string Type, JsonNode Envelope)>> ReadAsync(RunningApp app)
    {
        var envelopes = new List<(string, string, JsonNode)>();
        foreach (var file in Directory.GetFiles(app.App.PathOf("envelopes"), "*.txt").Order(StringComparer.Ordinal))
        {
            var lines = await File.ReadAllLinesAsync(file);
            envelopes.Add((lines[0], lines[1], JsonNode.Parse(lines[2])!));
        }

        return envelopes;
    }
}
