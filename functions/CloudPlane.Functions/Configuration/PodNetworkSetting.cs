using System.Net;
using System.Net.Sockets;

namespace CloudPlane.Functions;

/// <summary>The network that all nodes' pods share: a /16, of which each node gets a /24.</summary>
internal static class PodNetworkSetting
{
    /// <summary>What it is where nobody says otherwise.</summary>
    public const string Default = "10.244.0.0/16";

    private const int PrefixLength = 16;

    /// <param name="name">What the setting is called here.</param>
    /// <param name="text">Its value.</param>
    /// <exception cref="SettingsException">It is no such network.</exception>
    public static IPNetwork Parse(string name, string text) =>
        IPNetwork.TryParse(text, out var network) && network.PrefixLength == PrefixLength && network.BaseAddress.AddressFamily == AddressFamily.InterNetwork
            ? network
            : throw new SettingsException($"{name}: \"{text}\" is not an IPv4 network with {PrefixLength} bits, such as {Default}");
}
