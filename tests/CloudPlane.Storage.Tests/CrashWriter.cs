using System.Diagnostics;

namespace CloudPlane.Storage.Tests;

/// <summary>The other process: tests/CloudPlane.Storage.CrashWriter. Killed when disposed.</summary>
internal sealed class CrashWriter : IDisposable
{
    private readonly Process _process;

    private CrashWriter(Process process) => _process = process;

    public static CrashWriter Start(string directory, int writers, int seed)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "CloudPlane.Storage.CrashWriter.dll");
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileName(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardOutput = true,
            ArgumentList = { "exec", program, directory, $"{writers}", $"{seed}" },
        };
        return new(Process.Start(start)!);
    }

    public Task<string?> ReadLineAsync() => _process.StandardOutput.ReadLineAsync();

    /// <summary>kill -9, in the middle of whatever it does.</summary>
    public void Kill() => _process.Kill();

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
