using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace CloudPlane.Functions;

/// <summary>The value of <c>--listen</c>: one or more addresses with ports, separated by commas.</summary>
internal static class ListenAddresses
{
    /// <exception cref="SettingsException">Not an address with a port.</exception>
    public static IReadOnlyList<IPEndPoint> Parse(string text)
    {
        var addresses = new List<IPEndPoint>();
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            // Without a port IPEndPoint would take 0, "any free one".
            if (!IPEndPoint.TryParse(part, out var address) || address.Port == 0)
                throw new SettingsException($"--listen: \"{part}\" is not an address with a port, such as 127.0.0.1:6443");
            addresses.Add(address);
        }

        return addresses;
    }

    /// <summary>Whether it stands for all addresses of the machine.</summary>
    public static bool IsAny(IPEndPoint address) => address.Address.Equals(IPAddress.Any) || address.Address.Equals(IPAddress.IPv6Any);

    /// <summary>By which address a client on this machine reaches what listens there.</summary>
    public static IPEndPoint Here(IPEndPoint address) => IsAny(address)
        ? new IPEndPoint(address.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback, address.Port)
        : address;

    /// <summary>By which address other machines reach what listens there; null when they don't.</summary>
    public static IPEndPoint? Outward(IPEndPoint address)
    {
        if (!IsAny(address))
            return IPAddress.IsLoopback(address.Address) ? null : address;
        var own = OfThisMachine().FirstOrDefault(own => own.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(own));
        return own is null ? null : new IPEndPoint(own, address.Port);
    }

    /// <summary>The addresses of this machine's interfaces, loopback included.</summary>
    public static IEnumerable<IPAddress> OfThisMachine() => NetworkInterface.GetAllNetworkInterfaces()
        .SelectMany(network => network.GetIPProperties().UnicastAddresses)
        .Where(unicast => !unicast.Address.IsIPv6LinkLocal)
        .Select(unicast => unicast.Address);
}
