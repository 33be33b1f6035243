using System.Text.Json;

namespace CloudPlane.Network;

/// <summary>A route to a node's pods: through the node itself when it is on the same link, through the VXLAN device otherwise.</summary>
internal readonly record struct PeerRoute(string Destination, string Gateway, string Device)
{
    /// <summary>Reads what `ip -j route show` prints.</summary>
    /// <exception cref="NetworkException">It is not that.</exception>
    public static List<PeerRoute> Parse(string json)
    {
        var routes = new List<PeerRoute>();
        if (json.Trim().Length == 0)
            return routes;
        try
        {
            using var document = JsonDocument.Parse(json);
            foreach (var route in document.RootElement.EnumerateArray())
                routes.Add(new PeerRoute(Text(route, "dst"), Text(route, "gateway"), Text(route, "dev")));
            return routes;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new NetworkException($"ip -j route printed what is no list of routes: {json.Trim()}", e);
        }
    }

    private static string Text(JsonElement route, string name) => route.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";
}
