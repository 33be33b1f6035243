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
}
