using System.IO.Compression;
using CloudPlane.Cri;
using CloudPlane.Cri.Tests;
using CloudPlane.Cri.V1;

namespace CloudPlane.Agent.Tests;

public sealed class LogRotatorTests : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cri-logs-").FullName;
    private FakeCriServer _server = null!;
    private CriRuntime _runtime = null!;

    private string Log => Path.Combine(_directory, "0.log");

    public async Task InitializeAsync()
    {
        _server = await FakeCriServer.StartAsync();
        _runtime = new CriRuntime(_server.Socket, TimeProvider.System, new Random(1));
    }

    public async Task DisposeAsync()
    {
        _runtime.Dispose();
        await _server.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_log_over_its_size_is_renamed_reopened_compressed_and_at_last_removed()
    {
        _server.On<ReopenContainerLogRequest>("ReopenContainerLog", request =>
        {
            File.WriteAllText(Log, $"new of {request.ContainerId}");
            return new ReopenContainerLogResponse();
        });
        var clock = new StepClock();
        var rotator = new LogRotator(_runtime, new OneLog(Log), clock) { MaxSize = 100, MaxFiles = 3 };

        await File.WriteAllTextAsync(Log, new string('a', 99));
        await rotator.RotateAllAsync(default);
        Assert.Equal(["0.log"], Files());

        foreach (var letter in "bcdef")
        {
            await File.WriteAllTextAsync(Log, new string(letter, 100));
            await rotator.RotateAllAsync(default);
            clock.Step();
        }
        Assert.Equal("new of c1", await File.ReadAllTextAsync(Log));
        Assert.Equal(["0.log", "0.log.20260101-000003.gz", "0.log.20260101-000004"], Files());
        using var older = new StreamReader(new GZipStream(File.OpenRead(Path.Combine(_directory, Files()[1])), CompressionMode.Decompress));
        Assert.Equal(new string('e', 100), await older.ReadToEndAsync());
    }

    [Fact]
    public async Task A_log_that_the_runtime_does_not_reopen_keeps_its_name()
    {
        await File.WriteAllTextAsync(Log, new string('a', 100));
        await new LogRotator(_runtime, new OneLog(Log), new StepClock()) { MaxSize = 100 }.RotateAllAsync(default);
        Assert.Equal(["0.log"], Files());
        Assert.Equal(["ReopenContainerLog"], _server.Calls);
    }

    private string[] Files() => [.. Directory.GetFiles(_directory).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    private sealed class OneLog(string path) : ILogSource
    {
        public ContainerLog Find(string @namespace, string pod, string container, bool previous) => throw new NotSupportedException();

        public IEnumerable<RunningLog> Running() => [new RunningLog("c1", path)];
    }

    private sealed class StepClock : TimeProvider
    {
        private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public void Step() => _now = _now.AddSeconds(1);

        public override DateTimeOffset GetUtcNow() => _now;
    }
}
