namespace CloudPlane.Network;

/// <summary>The kernel's switch for routing between interfaces, of the current network namespace.</summary>
internal sealed class Forwarding(string sysctlDirectory)
{
    /// <exception cref="NetworkException">It can't be set.</exception>
    public void Enable()
    {
        var file = Path.Combine(sysctlDirectory, "net/ipv4/ip_forward");
        try
        {
            if (File.ReadAllText(file).Trim() != "1")
                File.WriteAllText(file, "1\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NetworkException($"enabling IP forwarding in {file}: {e.Message}", e);
        }
    }
}
