using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>Where a list goes on: after a key, at a revision; revision -1 takes the newest (Kubernetes' inconsistent continuation).</summary>
internal readonly record struct ContinueToken(long Revision, ObjectKey After)
{
    private const string Version = "meta.k8s.io/v1";

    public string Encode() => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(
        new JsonObject { ["v"] = Version, ["rv"] = Revision, ["ns"] = After.Namespace, ["start"] = After.Name }.ToJsonString()));

    /// <summary>400 for anything that this server did not issue.</summary>
    public static ContinueToken Decode(string text)
    {
        try
        {
            if (JsonNode.Parse(Base64Url.DecodeFromChars(text)) is JsonObject token && token.Text("v") == Version
                && token.Number("rv") is { } revision and (-1 or > 0) && token["ns"] is not null && token.Text("start").Length > 0)
                return new(revision, new ObjectKey(token.Text("ns"), token.Text("start")));
        }
        catch (Exception e) when (e is FormatException or JsonException or ArgumentException or InvalidOperationException)
        {
            // Said below.
        }

        throw ApiErrors.BadRequest("continue key is not valid");
    }
}
