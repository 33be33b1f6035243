using System.Net;

namespace CloudPlane.Functions;

/// <summary>The names and addresses by which clients reach the API server, for its certificate.</summary>
internal static class ServerNames
{
    /// <param name="further">Names and addresses that only the administrator knows.</param>
    public static IReadOnlyCollection<string> For(IReadOnlyList<IPEndPoint> addresses, IReadOnlyList<string> further)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal)
        {
            "localhost", "127.0.0.1", "10.96.0.1",
            "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
        };
        names.UnionWith(further);
        foreach (var address in addresses)
        {
            if (ListenAddresses.IsAny(address))
                names.UnionWith(ListenAddresses.OfThisMachine().Select(own => own.ToString()));
            else
                names.Add(address.Address.ToString());
        }

        return names;
    }
}
