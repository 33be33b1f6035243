using System.Net.Sockets;

namespace CloudPlane.Agent;

/// <summary>Connection failures in the words that users know from the kubelet (Go's).</summary>
internal static class SocketErrors
{
    public static string Describe(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connect: connection refused",
        SocketError.HostUnreachable => "connect: no route to host",
        SocketError.NetworkUnreachable => "connect: network is unreachable",
        SocketError.TimedOut => "connect: connection timed out",
        SocketError.ConnectionReset => "read: connection reset by peer",
        _ => e.Message,
    };
}
