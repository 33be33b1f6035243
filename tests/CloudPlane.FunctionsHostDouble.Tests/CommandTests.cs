using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace CloudPlane.Doubles.Tests;

/// <summary>The double as a program.</summary>
public sealed class CommandTests : IDisposable
{
    private const int Sigterm = 15;
    private const int Sigkill = 9;

    private readonly TestApp _app = new();
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });
    private readonly List<Process> _started = [];

    public void Dispose()
    {
        foreach (var process in _started)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        _client.Dispose();
        _app.Dispose();
    }

    [Fact]
    public async Task It_serves_reports_and_ends_with_all_that_it_started()
    {
        var meter = _app.PathOf("meter.json");
        var key = $"test:{Convert.ToBase64String(new byte[32])}";
        await File.WriteAllTextAsync(_app.PathOf("settings"), "KEY={bus-key}\n\nEQUATION=a=b\n");
        var (process, addresses) = await StartAsync("--meter", meter, "--setting", "BUS={bus}", "--settings", _app.PathOf("settings"), "--bus-key", key);
        var pid = await PidAsync(addresses["app"]);
        var environment = JsonNode.Parse(await _client.GetStringAsync(new Uri(addresses["app"], "/api/environment")))!;
        Assert.Equal(addresses["bus"].GetLeftPart(UriPartial.Authority), (string?)environment["BUS"]);
        Assert.Equal((key, "a=b"), ((string?)environment["KEY"], (string?)environment["EQUATION"]));
        var instances = JsonNode.Parse(await _client.GetStringAsync(new Uri(addresses["admin"], "/instances")))!.AsArray();
        Assert.Equal(["http-1", "http-2"], instances.Select(i => (string?)i!["id"]));
        using (var fired = await _client.PostAsync(new Uri(addresses["admin"], "/timers/Seed"), null))
            Assert.Contains("true", await fired.Content.ReadAsStringAsync());
        using (var killed = await _client.PostAsync(new Uri(addresses["admin"], "/instances/http-1/kill"), null))
            Assert.True(killed.IsSuccessStatusCode);
        var usage = JsonNode.Parse(await _client.GetStringAsync(new Uri(addresses["admin"], "/meter")))!;
        Assert.Equal(3, (int)usage["executions"]!);

        Signal(process, Sigterm);
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        await Eventually.IsTrueAsync(() => !Processes.IsRunning(pid), "the handler is gone");
        Assert.Equal(3, (int)JsonNode.Parse(await File.ReadAllTextAsync(meter))!["executions"]!);
    }

    [Fact]
    public async Task Killed_it_leaves_no_handler_behind()
    {
        var (process, addresses) = await StartAsync();
        var pid = await PidAsync(addresses["app"]);
        Assert.True(Processes.IsRunning(pid));
        Signal(process, Sigkill);
        await Eventually.IsTrueAsync(() => !Processes.IsRunning(pid), "the handler is gone");
    }

    [Fact]
    public async Task With_a_certificate_the_front_end_and_the_bus_speak_https()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=double", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await File.WriteAllTextAsync(_app.PathOf("tls.crt"), certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(_app.PathOf("tls.key"), key.ExportPkcs8PrivateKeyPem());
        var (_, addresses) = await StartAsync("--tls-cert", _app.PathOf("tls.crt"), "--tls-key", _app.PathOf("tls.key"));
        Assert.Equal(("https", "https"), (addresses["app"].Scheme, addresses["bus"].Scheme));

        using var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, seen, _, _) => seen?.GetCertHashString() == certificate.GetCertHashString();
        using var client = new HttpClient(handler);
        var seen = JsonNode.Parse(await client.GetStringAsync(new Uri(addresses["app"], "/api/x")))!;
        Assert.Equal("https", (string?)seen["headers"]!["x-forwarded-proto"]);
        using var refused = await client.PostAsync(new Uri(addresses["bus"], "/work/messages"), null);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Theory]
    [InlineData("--port must be 0 to 65535", "--port", "99999")]
    [InlineData("unknown argument --prot", "--prot", "1")]
    [InlineData("\"localhost\" is no address", "--listen", "localhost")]
    [InlineData("needs --port and --bus-port", "--listen", "127.0.0.1,127.0.0.2", "--port", "1")]
    [InlineData("a setting must be NAME=VALUE", "--setting", "nothing")]
    [InlineData("--settings: ", "--settings", "/absent")]
    [InlineData("--tls-cert and --tls-key need each other", "--tls-cert", "/absent")]
    [InlineData("{url} in a setting needs --port", "--setting", "URL={url}")]
    [InlineData("FUNCTIONS_EXTENSION_VERSION", "--setting", "FUNCTIONS_EXTENSION_VERSION=~4")]
    public async Task Misuse_is_told(string message, params string[] arguments)
    {
        using var process = Start(arguments);
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(2, process.ExitCode);
        Assert.Contains(message, error);
    }

    private static void Signal(Process process, int signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{process.Id}"]);
        kill.WaitForExit();
    }

    private async Task<int> PidAsync(Uri address) => (int)JsonNode.Parse(await _client.GetStringAsync(new Uri(address, "/api/x")))!["pid"]!;

    /// <summary>Starts it and reads the addresses that it prints.</summary>
    private async Task<(Process Process, Dictionary<string, Uri> Addresses)> StartAsync(params string[] arguments)
    {
        var process = Start(arguments);
        _started.Add(process);
        var addresses = new Dictionary<string, Uri>();
        while (await process.StandardOutput.ReadLineAsync() is { } line && line != "ready")
        {
            var words = line.Split(' ');
            addresses[words[0]] = new Uri(words[1]);
        }

        Assert.True(addresses.Count == 3, process.HasExited ? await process.StandardError.ReadToEndAsync() : "addresses are missing");
        return (process, addresses);
    }

    private Process Start(string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "functions-host-double.dll"), "--app", _app.Folder, "--logs", _app.PathOf("log"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in _app.Settings)
        {
            start.ArgumentList.Add("--setting");
            start.ArgumentList.Add($"{name}={value}");
        }

        return Process.Start(start)!;
    }
}
