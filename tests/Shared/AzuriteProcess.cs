using System.Diagnostics;
using System.Globalization;

namespace CloudPlane.Tests.Shared;

/// <summary>An Azurite of one's own: the table service on a free port of the loopback, in memory. It ends with this process, whatever happens.</summary>
internal sealed class AzuriteProcess : IDisposable
{
    // Published in Azurite's own documentation; every Azurite has it.
    private const string Account = "devstoreaccount1";
    private const string AccountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private readonly Process _process;

    private AzuriteProcess(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    public Uri Endpoint => new($"http://127.0.0.1:{Port}/{Account}");

    /// <summary>As CLOUDPLANE_TABLES_KEY has it.</summary>
    public static string Key => $"{Account}:{AccountKey}";

    /// <summary>Starts one; 0 takes a free port.</summary>
    public static async Task<AzuriteProcess> StartAsync(int port = 0)
    {
        var directory = FindDirectory();
        if (!Directory.Exists(Path.Combine(directory, "node_modules", "azurite")))
            throw new InvalidOperationException($"{directory}: run npm ci there first (./test does).");
        var start = new ProcessStartInfo("node")
        {
            WorkingDirectory = directory,
            // Its end is Azurite's end.
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            ArgumentList = { "start.js", port.ToString(CultureInfo.InvariantCulture) },
        };
        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2));
        if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var taken))
            return new(process, taken);
        process.Kill();
        throw new InvalidOperationException($"Azurite did not start: {line}");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static string FindDirectory()
    {
        for (var directory = AppContext.BaseDirectory; directory is not null; directory = Path.GetDirectoryName(directory))
        {
            if (File.Exists(Path.Combine(directory, "CloudPlane.sln")))
                return Path.Combine(directory, "tests", "CloudPlane.Azurite");
        }
        throw new InvalidOperationException("The repository's root was not found above the tests.");
    }
}
