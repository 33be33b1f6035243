using System.Net;
using System.Net.Sockets;

namespace CloudPlane.Benchmarks;

/// <summary>Ports for the programs that are measured.</summary>
internal static class Loopback
{
    /// <summary>One that nobody listens on, as long as nobody else takes it.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
