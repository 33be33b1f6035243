using CloudPlane.Cri.V1;
using Google.Protobuf;

namespace CloudPlane.Cri.Tests;

public sealed class CriChannelTests : IAsyncLifetime
{
    private FakeCriServer _server = null!;
    private CriRuntime _runtime = null!;

    public async Task InitializeAsync()
    {
        _server = await FakeCriServer.StartAsync();
        _runtime = new CriRuntime("unix://" + _server.Socket, TimeProvider.System, new Random(1));
    }

    public async Task DisposeAsync()
    {
        _runtime.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_call_carries_the_request_and_its_deadline()
    {
        string? timeout = null, te = null;
        _server.On("RunPodSandbox", call =>
        {
            (timeout, te) = (call.Header("grpc-timeout"), call.Header("te"));
            return call.AnswerAsync(new RunPodSandboxResponse { PodSandboxId = "id-of-" + call.Read<RunPodSandboxRequest>().Config.Hostname });
        });
        var answer = await _runtime.RunPodSandboxAsync(new RunPodSandboxRequest { Config = new PodSandboxConfig { Hostname = "web-0" } }, default);
        Assert.Equal("id-of-web-0", answer.PodSandboxId);
        Assert.Equal("240000m", timeout);
        Assert.Equal("trailers", te);
    }

    [Theory]
    [InlineData(CriStatusCode.NotFound, "an error occurred when try to find container \"x\": not found")]
    [InlineData(CriStatusCode.Unknown, "100% of the disk,\nKöln")]
    [InlineData(CriStatusCode.Unavailable, "")]
    public async Task A_refusal_keeps_its_code_and_message(CriStatusCode code, string message)
    {
        _server.On("StartContainer", _ => throw new CriException(code, message));
        var e = await Assert.ThrowsAsync<CriException>(() => _runtime.StartContainerAsync(new StartContainerRequest(), default));
        Assert.Equal((code, message, "StartContainer"), (e.Code, e.Message, e.Method));
    }

    [Fact]
    public async Task A_refusal_after_a_message_is_read_from_the_trailers()
    {
        _server.On("ListImages", async call =>
        {
            await call.AnswerAsync(new ListImagesResponse());
            throw new CriException(CriStatusCode.DataLoss, "half of it");
        });
        var e = await Assert.ThrowsAsync<CriException>(() => _runtime.ListImagesAsync(new ListImagesRequest(), default));
        Assert.Equal((CriStatusCode.DataLoss, "half of it"), (e.Code, e.Message));
    }

    [Fact]
    public async Task An_unknown_method_is_unimplemented()
    {
        var e = await Assert.ThrowsAsync<CriException>(() => _runtime.AttachAsync(new AttachRequest(), default));
        Assert.Equal(CriStatusCode.Unimplemented, e.Code);
    }

    [Fact]
    public async Task A_slow_runtime_runs_into_the_deadline()
    {
        using var impatient = new CriRuntime(
            _server.Socket, TimeProvider.System, new Random(1), new CriDeadlines { Default = TimeSpan.FromMilliseconds(50) });
        var aborted = new TaskCompletionSource();
        _server.On("Status", call => UntilAbortedAsync(call, aborted));
        var e = await Assert.ThrowsAsync<CriException>(() => impatient.StatusAsync(new StatusRequest(), default));
        Assert.Equal(CriStatusCode.DeadlineExceeded, e.Code);
        await aborted.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_caller_who_gives_up_ends_the_call_at_the_runtime()
    {
        using var cancel = new CancellationTokenSource();
        var aborted = new TaskCompletionSource();
        _server.On("PullImage", call =>
        {
            cancel.Cancel();
            return UntilAbortedAsync(call, aborted);
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _runtime.PullImageAsync(new PullImageRequest(), cancel.Token));
        await aborted.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Nobody_at_the_socket_is_unavailable()
    {
        using var runtime = new CriRuntime("/tmp/cri-nobody.sock", TimeProvider.System, new Random(1));
        var e = await Assert.ThrowsAsync<CriException>(() => runtime.StatusAsync(new StatusRequest(), default));
        Assert.True(e.IsUnavailable);
        Assert.Contains("/tmp/cri-nobody.sock", e.Message);
    }

    [Fact]
    public async Task A_runtime_that_dies_in_the_middle_fails_the_call_and_serves_the_next_after_its_restart()
    {
        _server.On("Version", async call =>
        {
            await call.SendRawAsync(new byte[] { 0, 0, 0, 0, 9, 1 });
            call.Abort();
        });
        await Assert.ThrowsAsync<CriException>(() => _runtime.VersionAsync(new VersionRequest(), default));

        await _server.StopAsync();
        var e = await Assert.ThrowsAsync<CriException>(() => _runtime.VersionAsync(new VersionRequest(), default));
        Assert.True(e.IsUnavailable);

        await _server.RestartAsync();
        _server.On<VersionRequest>("Version", _ => GoodVersion("v1"));
        Assert.Equal("fake", (await _runtime.VersionAsync(new VersionRequest(), default)).RuntimeName);
    }

    [Fact]
    public async Task Another_version_of_the_interface_is_refused_by_name()
    {
        _server.On<VersionRequest>("Version", _ => GoodVersion("v1alpha2"));
        var e = await Assert.ThrowsAsync<CriException>(() => _runtime.VersionAsync(new VersionRequest(), default));
        Assert.Equal(CriStatusCode.Unimplemented, e.Code);
        Assert.Contains("v1alpha2", e.Message);
    }

    [Fact]
    public async Task An_answer_without_an_id_is_an_error()
    {
        _server.On<RunPodSandboxRequest>("RunPodSandbox", _ => new RunPodSandboxResponse());
        _server.On<CreateContainerRequest>("CreateContainer", _ => new CreateContainerResponse());
        _server.On<ContainerStatusRequest>("ContainerStatus", _ => new ContainerStatusResponse { Status = new ContainerStatus { Id = "x" } });
        Assert.Equal(CriStatusCode.Internal,
            (await Assert.ThrowsAsync<CriException>(() => _runtime.RunPodSandboxAsync(new RunPodSandboxRequest(), default))).Code);
        Assert.Equal(CriStatusCode.Internal,
            (await Assert.ThrowsAsync<CriException>(() => _runtime.CreateContainerAsync(new CreateContainerRequest(), default))).Code);
        Assert.Equal(CriStatusCode.Internal,
            (await Assert.ThrowsAsync<CriException>(() => _runtime.ContainerStatusAsync(new ContainerStatusRequest(), default))).Code);
    }

    [Theory]
    [InlineData(new byte[] { 1, 0, 0, 0, 0 }, CriStatusCode.Internal)]
    [InlineData(new byte[] { 0, 1, 0, 0, 1 }, CriStatusCode.ResourceExhausted)]
    [InlineData(new byte[] { 0, 0xff, 0xff, 0xff, 0xff }, CriStatusCode.ResourceExhausted)]
    [InlineData(new byte[] { 0, 0, 0 }, CriStatusCode.Internal)]
    [InlineData(new byte[] { 0, 0, 0, 0, 4, 1 }, CriStatusCode.Internal)]
    [InlineData(new byte[] { 0, 0, 0, 0, 1, 0x0f }, CriStatusCode.Internal)]
    [InlineData(new byte[] { }, CriStatusCode.Internal)]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, CriStatusCode.Internal)]
    public async Task Frames_that_break_the_protocol_fail_the_call(byte[] frames, CriStatusCode code)
    {
        _server.On("ListImages", call => call.SendRawAsync(frames));
        var e = await Assert.ThrowsAsync<CriException>(() => _runtime.ListImagesAsync(new ListImagesRequest(), default));
        Assert.Equal(code, e.Code);
    }

    [Fact]
    public async Task An_answer_that_is_no_gRPC_is_an_error()
    {
        _server.On("ListImages", call =>
        {
            call.Response.StatusCode = 503;
            return call.SendRawAsync("busy"u8.ToArray());
        });
        Assert.True((await Assert.ThrowsAsync<CriException>(() => _runtime.ListImagesAsync(new ListImagesRequest(), default))).IsUnavailable);
    }

    [Fact]
    public async Task Messages_of_megabytes_and_many_calls_at_once_get_through()
    {
        var big = new ExecSyncResponse { Stdout = ByteString.CopyFrom(new byte[8 << 20]) };
        _server.On<ExecSyncRequest>("ExecSync", _ => big);
        var calls = Enumerable.Range(0, 8).Select(_ => _runtime.ExecSyncAsync(new ExecSyncRequest { Timeout = 1 }, default));
        Assert.All(await Task.WhenAll(calls), answer => Assert.Equal(8 << 20, answer.Stdout.Length));
    }

    [Theory]
    [InlineData(0.0001, "1m")]
    [InlineData(120, "120000m")]
    [InlineData(99_999.999, "99999999m")]
    [InlineData(200_000, "200000S")]
    public void A_deadline_has_at_most_eight_digits(double seconds, string header) =>
        Assert.Equal(header, GrpcFrames.Timeout(TimeSpan.FromSeconds(seconds)));

    private static VersionResponse GoodVersion(string api) =>
        new() { Version = "0.1.0", RuntimeName = "fake", RuntimeVersion = "1", RuntimeApiVersion = api };

    private static async Task UntilAbortedAsync(FakeCriCall call, TaskCompletionSource aborted)
    {
        await Task.Delay(Timeout.Infinite, call.Aborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        aborted.TrySetResult();
    }
}
