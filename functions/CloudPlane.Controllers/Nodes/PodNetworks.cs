using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace CloudPlane.Controllers;

/// <summary>The /24 networks inside the cluster's pod network, in order.</summary>
internal sealed class PodNetworks
{
    private const int NodePrefix = 24;

    private readonly uint _first;
    private readonly int _count;

    private PodNetworks(uint first, int count)
    {
        _first = first;
        _count = count;
    }

    /// <exception cref="FormatException">It is no IPv4 network with a prefix from 8 to 24.</exception>
    public static PodNetworks Parse(string text)
    {
        if (!IPNetwork.TryParse(text, out var network) || network.BaseAddress.AddressFamily != AddressFamily.InterNetwork
            || network.PrefixLength is < 8 or > NodePrefix)
        {
            throw new FormatException($"the pod network \"{text}\" is not an IPv4 network with a prefix from 8 to {NodePrefix}");
        }
        return new PodNetworks(BinaryPrimitives.ReadUInt32BigEndian(network.BaseAddress.GetAddressBytes()), 1 << (NodePrefix - network.PrefixLength));
    }

    public IEnumerable<string> All()
    {
        for (var index = 0; index < _count; index++)
        {
            var address = _first + ((uint)index << (32 - NodePrefix));
            yield return $"{address >> 24}.{(address >> 16) & 255}.{(address >> 8) & 255}.0/{NodePrefix}";
        }
    }
}
