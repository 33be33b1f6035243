using System.Diagnostics;

namespace CloudPlane.Storage.Tests;

/// <summary>Another process: tests/CloudPlane.Storage.TablesWriter. Killed when disposed.</summary>
internal sealed class TablesWriter : IDisposable
{
    private readonly Process _process;

    private TablesWriter(Process process) => _process = process;

    public static TablesWriter Start(params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "CloudPlane.Storage.TablesWriter.dll");
        var start = new ProcessStartInfo(Environment.ProcessPath is { } host && Path.GetFileName(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            ArgumentList = { "exec", program },
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        return new(Process.Start(start)!);
    }

    public async Task<string> ReadLineAsync() =>
        await _process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(3)) ?? throw new InvalidOperationException("The writer ended early.");

    public void Begin() => _process.StandardInput.WriteLine("begin");

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
