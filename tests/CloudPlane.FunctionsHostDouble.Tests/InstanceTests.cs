using System.Net;
using System.Text.Json.Nodes;

namespace CloudPlane.Doubles.Tests;

public sealed class InstanceTests
{
    [Fact]
    public async Task Nothing_runs_until_it_is_needed_and_nothing_when_it_is_idle()
    {
        await using var app = await RunningApp.StartAsync(o => o with { ScaleToZeroAfter = TimeSpan.FromMilliseconds(50) });
        Assert.Empty(app.Host.Instances);
        var first = await app.PidAsync();
        await Eventually.IsTrueAsync(() => app.Host.Instances.Count == 0, "scaled to zero");
        await Eventually.IsTrueAsync(() => !Processes.IsRunning(first), "the handler is gone");
        Assert.NotEqual(first, await app.PidAsync());
        Assert.Equal(2, app.Host.Meter.Groups[0].Instances);
    }

    [Fact]
    public async Task Requests_go_round_over_instances()
    {
        await using var app = await RunningApp.StartAsync(o => o with { HttpInstances = 2 });
        var seen = new HashSet<int>();
        for (var i = 0; i < 4; i++)
            seen.Add(await app.PidAsync());
        Assert.Equal(2, seen.Count);
        Assert.Equal(["http-1", "http-2"], app.Host.Instances.Select(i => i.Id));
    }

    [Fact]
    public async Task Concurrency_starts_another_instance()
    {
        await using var app = await RunningApp.StartAsync(o => o with { HttpConcurrency = 1 });
        var waiting = app.Client.GetAsync("/api/wait?id=w", HttpCompletionOption.ResponseHeadersRead);
        await Eventually.IsTrueAsync(() => app.Host.Instances is [{ IsReady: true, Executions: 1 }], "the first instance is busy");
        await app.PidAsync();
        Assert.Equal(2, app.Host.Instances.Count);
        FunctionsHostDouble.Kill(app.Host.Instances[0]);
        using var response = await waiting;
        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
    }

    [Fact]
    public async Task A_killed_instance_cuts_its_streams_and_others_take_over()
    {
        await using var app = await RunningApp.StartAsync();
        using var response = await app.Client.GetAsync("/api/stream?id=cut", HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        Assert.Equal("one", await reader.ReadLineAsync());
        var instance = app.Host.Instances.Single();
        var pid = instance.ProcessId!.Value;
        FunctionsHostDouble.Kill(instance);
        await Assert.ThrowsAnyAsync<Exception>(() => reader.ReadLineAsync());
        await instance.Completion;
        Assert.False(Processes.IsRunning(pid));
        Assert.NotEqual(pid, await app.PidAsync());
    }

    [Fact]
    public async Task A_crashed_handler_is_started_anew_and_gets_the_request_again()
    {
        await using var app = await RunningApp.StartAsync();
        var before = await app.PidAsync();
        var marker = app.App.PathOf("marker");
        // The host gives up after ten sends within two seconds; a slow machine may need longer to start a process.
        var body = await Eventually.SatisfiesAsync(
            async () =>
            {
                using var response = await app.Client.PostAsync($"/api/crash-once?marker={marker}", new StringContent("the body"));
                return response.IsSuccessStatusCode ? await response.Content.ReadAsStringAsync() : "";
            },
            text => text.Length > 0,
            "an answer of the next handler");
        Assert.Equal("the body", body);
        Assert.Equal("the body", await File.ReadAllTextAsync(marker));
        Assert.NotEqual(before, await app.PidAsync());
        Assert.Single(app.Host.Instances);
        Assert.Equal(2, (await File.ReadAllLinesAsync(app.Host.Instances[0].LogFile)).Count(line => line == "the fake handler listens"));
    }

    [Fact]
    public async Task The_third_crash_ends_the_instance()
    {
        await using var app = await RunningApp.StartAsync();
        await app.PidAsync();
        var instance = app.Host.Instances.Single();
        for (var crash = 1; crash <= 3; crash++)
        {
            await Eventually.IsTrueAsync(() => instance.IsReady, $"ready before crash {crash}");
            var pid = instance.ProcessId;
            FunctionsHostDouble.KillHandler(instance);
            await Eventually.IsTrueAsync(() => instance.ProcessId != pid, $"crash {crash} is noticed");
        }

        await instance.Completion;
        await app.PidAsync();
        Assert.NotSame(instance, app.Host.Instances.Single());
    }

    [Fact]
    public async Task A_stream_is_cut_at_the_front_ends_limit()
    {
        await using var app = await RunningApp.StartAsync(o => o with { FrontEndLimit = TimeSpan.FromSeconds(3) });
        await WarmAsync(app);
        using var response = await app.Client.GetAsync("/api/stream?id=never", HttpCompletionOption.ResponseHeadersRead);
        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Silence_beyond_the_proxys_limit_is_a_504()
    {
        await using var app = await RunningApp.StartAsync(o => o with { ProxyIdleLimit = TimeSpan.FromSeconds(2) });
        await WarmAsync(app);
        using var response = await app.Client.GetAsync("/api/wait?id=never");
        Assert.Equal(HttpStatusCode.GatewayTimeout, response.StatusCode);
    }

    [Fact]
    public async Task An_execution_beyond_the_function_timeout_restarts_the_handler_and_all_on_it()
    {
        await using var app = await RunningApp.StartAsync(o => o with { FunctionTimeout = TimeSpan.FromSeconds(2) });
        var before = await WarmAsync(app);
        using var response = await app.Client.GetAsync("/api/wait?id=never");
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        await Eventually.IsTrueAsync(() => !Processes.IsRunning(before), "the handler is killed");
        await Eventually.IsTrueAsync(() => app.Host.Instances is [{ IsReady: true }], "the same instance is ready again");
    }

    [Fact]
    public async Task A_handler_that_can_not_start_is_a_503()
    {
        await using var app = await RunningApp.StartAsync();
        app.App.Write("fake-handler", "#!/bin/sh\necho no >&2\nexit 1\n");
        using var response = await app.Client.GetAsync("/api/x");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal(["no", "no", "no"], await File.ReadAllLinesAsync(Path.Combine(app.App.PathOf("log"), "http-1.log")));
    }

    /// <summary>Waits for a handler: a short limit counts the start of a cold one too. Returns its process.</summary>
    private static async Task<int> WarmAsync(RunningApp app)
    {
        var text = await Eventually.SatisfiesAsync(
            async () =>
            {
                using var response = await app.Client.GetAsync("/api/x");
                return response.IsSuccessStatusCode ? await response.Content.ReadAsStringAsync() : "";
            },
            answer => answer.Length > 0,
            "an answer");
        return (int)JsonNode.Parse(text)!["pid"]!;
    }
}
