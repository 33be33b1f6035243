using System.Diagnostics;
using System.Globalization;

namespace CloudPlane.Tests.Shared;

/// <summary>
/// An Azurite of one's own: the table service on a free port of the loopback, in memory or in a file. It ends with this process, whatever
/// happens.
/// </summary>
internal sealed class AzuriteProcess : IDisposable
{
    // Published in Azurite's own documentation; every Azurite has it.
    private const string Account = "devstoreaccount1";
    private const string AccountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private readonly Process _process;

    private readonly string _scheme;

    private AzuriteProcess(Process process, string scheme, int port) => (_process, _scheme, Port) = (process, scheme, port);

    public int Port { get; }

    public Uri Endpoint => new($"{_scheme}://127.0.0.1:{Port}/{Account}");

    /// <summary>What it has used of the processors so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            // Otherwise it is as old as the first look.
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>As CLOUDPLANE_TABLES_KEY has it.</summary>
    public static string Key => $"{Account}:{AccountKey}";

    /// <summary>Starts one; 0 takes a free port. With a file it has what the last one with that file had when it was stopped.</summary>
    /// <param name="certificate">PEM files of a certificate and its key, for https and tokens of Entra; null for plain http and keys only.</param>
    public static async Task<AzuriteProcess> StartAsync(int port = 0, string? file = null, (string Certificate, string Key)? certificate = null)
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
        if (file is not null || certificate is not null)
            start.ArgumentList.Add(file ?? "");
        if (certificate is { } files)
        {
            start.ArgumentList.Add(files.Certificate);
            start.ArgumentList.Add(files.Key);
        }

        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2));
        if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var taken))
            return new(process, certificate is null ? "http" : "https", taken);
        process.Kill();
        throw new InvalidOperationException($"Azurite did not start: {line}");
    }

    /// <summary>
    /// Ends it in order: what is under way is finished, and all that was acknowledged is in the file. Killed, it would forget what it
    /// acknowledged since it last wrote the file (every 5 s), as storage in Azure never does.
    /// </summary>
    public async Task StopAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        if (_process.ExitCode != 0)
            throw new InvalidOperationException($"Azurite ended with {_process.ExitCode}");
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
