using System.Net;
using System.Net.Sockets;

namespace CloudPlane.Doubles;

/// <summary>The one source of randomness of a host double, safe for concurrent use.</summary>
internal sealed class Chance(Random random)
{
    private readonly Lock _lock = new();

    public Guid NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        lock (_lock)
            random.NextBytes(bytes);
        return new Guid(bytes);
    }

    public int Next(int from, int below)
    {
        lock (_lock)
            return random.Next(from, below);
    }

    /// <summary>A free port below the range that the kernel gives to outgoing connections: nobody takes it by accident before the handler listens.</summary>
    public int FreePort()
    {
        const int lowest = 15_000;
        const int aboveHighest = 32_000;
        while (true)
        {
            var port = Next(lowest, aboveHighest);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken: another one.
            }
        }
    }
}
