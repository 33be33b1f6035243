using System.Globalization;
using System.Text;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>
/// Tells whether a running container was made from the spec it has now. As in the kubelet only the fields that may change in place
/// and need a restart count (name and image), so that a new field with a default never restarts every container of a node.
/// </summary>
internal static class ContainerHash
{
    public static string Of(Container container)
    {
        var hash = 2166136261u;
        foreach (var b in Encoding.UTF8.GetBytes($"{container.Name}\0{container.Image}")) hash = (hash ^ b) * 16777619u;
        return hash.ToString("x8", CultureInfo.InvariantCulture);
    }
}
