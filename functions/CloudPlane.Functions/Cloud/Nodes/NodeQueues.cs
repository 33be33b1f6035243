using System.Security.Cryptography;
using System.Text;

namespace CloudPlane.Functions;

/// <summary>The queue that a node waits on: one for each node, without sessions, as those can't be received from over REST.</summary>
internal static class NodeQueues
{
    // A Service Bus name has at most 260 characters; a node's alone may have 253.
    private const int Longest = 200;

    /// <summary>The queue of a node. DNS names have no '_', so no two nodes share one.</summary>
    public static string NameOf(string cluster, string node)
    {
        var name = $"node_{cluster}_{node}";
        return name.Length <= Longest
            ? name
            : $"{name[..(Longest - 65)]}_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))}";
    }
}
