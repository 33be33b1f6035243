using System.Net;
using System.Net.Sockets;
using CloudPlane.Client;
using CloudPlane.Cri;
using V1 = CloudPlane.Cri.V1;

namespace CloudPlane.Agent.Tests;

/// <summary>What counts as the container's failure, and what only says that it could not be probed.</summary>
public sealed class ProberTests
{
    private static readonly Probe Exec = new() { Exec = new ExecAction { Command = ["check"] }, TimeoutSeconds = 1 };

    [Fact]
    public async Task A_command_that_ends_with_another_code_than_0_is_a_failure()
    {
        Assert.True((await ExecAsync(runtime => runtime.OnExec = (_, _) => new V1.ExecSyncResponse())).Success);
        var outcome = await ExecAsync(runtime => runtime.OnExec = (_, _) => new V1.ExecSyncResponse { ExitCode = 126 });
        Assert.Equal((false, false), (outcome.Success, outcome.Error));
    }

    [Fact]
    public async Task A_command_that_takes_too_long_is_a_failure()
    {
        var outcome = await ExecAsync(runtime => runtime.Before = (method, _) => method == "ExecSync"
            ? throw new CriException(CriStatusCode.DeadlineExceeded, "timeout 1s exceeded") : Task.CompletedTask);
        Assert.Equal(ProbeOutcome.Failed("command timed out: \"check\" timed out after 1s"), outcome);
    }

    [Fact]
    public async Task A_command_that_the_runtime_could_not_run_is_an_error()
    {
        var outcome = await ExecAsync(runtime => runtime.Before = (method, _) => method == "ExecSync"
            ? throw new CriException(CriStatusCode.Unknown, "container is not running") : Task.CompletedTask);
        Assert.Equal(new ProbeOutcome(false, "container is not running", Error: true), outcome);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_in_time_is_a_failure()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var port = new IntOrString(((IPEndPoint)silent.LocalEndpoint).Port);
        var outcomes = await Task.WhenAll(
            ProbeAsync(new FakeRuntime(new ManualTime()), "id", new Probe { HttpGet = new HTTPGetAction { Port = port }, TimeoutSeconds = 1 }),
            ProbeAsync(new FakeRuntime(new ManualTime()), "id", new Probe { Grpc = new GRPCAction { Port = port.IntValue }, TimeoutSeconds = 1 }));
        Assert.All(outcomes, o => Assert.Equal((false, false), (o.Success, o.Error)));
        Assert.All(outcomes, o => Assert.Contains("context deadline exceeded", o.Output));
    }

    [Fact]
    public async Task A_port_that_does_not_exist_is_an_error() => Assert.Equal(new ProbeOutcome(false, "couldn't find port named \"web\" in container c", Error: true),
        await ProbeAsync(new FakeRuntime(new ManualTime()), "id", new Probe { TcpSocket = new TCPSocketAction { Port = new IntOrString("web") } }));

    private static async Task<ProbeOutcome> ExecAsync(Action<FakeRuntime> setUp)
    {
        var runtime = new FakeRuntime(new ManualTime());
        var config = new V1.ContainerConfig { Metadata = new V1.ContainerMetadata { Name = "c" }, Image = new V1.ImageSpec() };
        var made = await runtime.CreateContainerAsync(new V1.CreateContainerRequest { PodSandboxId = "s", Config = config }, CancellationToken.None);
        setUp(runtime);
        return await ProbeAsync(runtime, made.ContainerId, Exec);
    }

    private static async Task<ProbeOutcome> ProbeAsync(FakeRuntime runtime, string containerId, Probe probe)
    {
        using var http = new HttpProber();
        using var grpc = new GrpcProber();
        var target = new ProbeTarget(containerId, new Container { Name = "c" }, "127.0.0.1");
        return await new Prober(runtime, http, grpc).ProbeAsync(target, probe, CancellationToken.None);
    }
}
