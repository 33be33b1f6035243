using System.Net;
using System.Net.Sockets;

namespace CloudPlane.Functions.Tests;

public sealed class ServeTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("cloudplane-serve-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_port_that_is_taken_is_told_in_one_line()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = taken.LocalEndpoint.ToString()!;
        // The framework's own loggers write to it, too.
        var (console, captured) = (Console.Error, new StringWriter());
        Console.SetError(captured);
        try
        {
            Assert.Equal(1, await CommandTable.RunAsync(["serve", "--data", _directory, "--store", "memory", "--listen", address], TextWriter.Null, captured));
        }
        finally
        {
            Console.SetError(console);
        }

        Assert.Equal($"cloudplane: can't listen on {address}: Failed to bind to address https://{address}: address already in use.\n", captured.ToString());
    }

    [Theory]
    [InlineData("192.0.2.1:6443", "can't listen on 192.0.2.1:6443")]
    [InlineData("127.0.0.1:6443", "--data: /dev/null/x can't be used", "/dev/null/x")]
    public async Task What_can_t_be_used_is_told_in_one_line(string listen, string message, string? data = null)
    {
        var error = new StringWriter();
        Assert.Equal(1, await CommandTable.RunAsync(["serve", "--data", data ?? _directory, "--store", "memory", "--listen", listen], TextWriter.Null, error));
        Assert.StartsWith($"cloudplane: {message}", error.ToString());
        Assert.Single(error.ToString().TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Help_is_told_wherever_it_is_asked_for()
    {
        var output = new StringWriter();
        Assert.Equal(0, await CommandTable.RunAsync(["serve", "--data", _directory, "--help"], output, TextWriter.Null));
        Assert.Contains("--listen ADDRESS", output.ToString());
    }
}
