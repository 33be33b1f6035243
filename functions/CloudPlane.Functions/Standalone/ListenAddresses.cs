using System.Net;

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
}
