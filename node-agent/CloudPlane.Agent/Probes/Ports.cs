using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>A probe's or hook's port: a number, or the name of one of the container's ports.</summary>
internal static class Ports
{
    /// <exception cref="FormatException">There is no such port.</exception>
    public static int Resolve(IntOrString? port, Container container)
    {
        if (port is not { } value) throw new FormatException("the port is missing");
        var number = value.IsInt ? value.IntValue
            : container.Ports?.FirstOrDefault(p => p.Name == value.Text)?.Port
            ?? (int.TryParse(value.Text, out var parsed)
                ? parsed : throw new FormatException($"couldn't find port named \"{value.Text}\" in container {container.Name}"));
        return number is > 0 and < 65536 ? number : throw new FormatException($"invalid port number: {number}");
    }
}
