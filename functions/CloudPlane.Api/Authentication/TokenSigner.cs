using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Api;

/// <summary>What a token is good for: its audience.</summary>
public enum TokenUse
{
    /// <summary>Lets a machine join as a node, and nothing else.</summary>
    Join,

    /// <summary>A node's identity.</summary>
    Node,

    /// <summary>Membership of system:masters.</summary>
    Admin,
}

/// <summary>What a token says. <paramref name="Subject"/>: the node's name, the administrator's name, or anything for a join token.</summary>
public sealed record TokenClaims(TokenUse Use, string Subject, string Cluster, DateTimeOffset Expires);

/// <summary>Makes and checks the cluster's bearer tokens: JWTs signed with ES256 (RFC 7515, RFC 7518 section 3.4).</summary>
/// <param name="key">A P-256 key; the signer does not dispose it.</param>
/// <param name="time">The clock that expiries are held against.</param>
public sealed class TokenSigner(ECDsa key, TimeProvider time)
{
    private const string Issuer = "cloudplane";
    private readonly Lock _signing = new();
    private readonly string _keyId = KeyIdOf(key);

    /// <summary>A signed token.</summary>
    public string Issue(TokenClaims claims)
    {
        var header = new JsonObject { ["alg"] = "ES256", ["kid"] = _keyId, ["typ"] = "JWT" };
        var payload = new JsonObject
        {
            ["iss"] = Issuer,
            ["sub"] = claims.Subject,
            ["aud"] = Audience(claims.Use),
            ["cluster"] = claims.Cluster,
            ["iat"] = time.GetUtcNow().ToUnixTimeSeconds(),
            ["exp"] = claims.Expires.ToUnixTimeSeconds(),
        };
        var signed = $"{Encode(header)}.{Encode(payload)}";
        byte[] signature;
        // ECDsa instances promise nothing about concurrent use.
        lock (_signing)
            signature = key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    /// <summary>What a token says, or null when it is not ours, not for <paramref name="cluster"/>, malformed or expired.</summary>
    public TokenClaims? Verify(string token, string cluster)
    {
        try
        {
            return VerifyParts(token, cluster);
        }
        catch (Exception e) when (e is FormatException or JsonException or CryptographicException or InvalidOperationException or ArgumentException)
        {
            // Whatever the bytes were, they are no token; the reason is nobody's business.
            return null;
        }
    }

    private TokenClaims? VerifyParts(string token, string cluster)
    {
        var parts = token.Split('.');
        if (parts.Length != 3 || token.Length > 4096 || Decode(parts[0]) is not { } header)
            return null;
        if (header.Text("alg") != "ES256" || !SameText(header.Text("kid"), _keyId) || !SignatureHolds(parts))
            return null;

        var payload = Decode(parts[1]);
        if (payload.Text("iss") != Issuer || !SameText(payload.Text("cluster"), cluster) || payload.Number("exp") is not { } seconds)
            return null;
        var expires = DateTimeOffset.FromUnixTimeSeconds(seconds);
        if (expires <= time.GetUtcNow() || UseOf(payload.Text("aud")) is not { } use)
            return null;
        return new TokenClaims(use, payload.Text("sub"), cluster, expires);
    }

    private bool SignatureHolds(string[] parts)
    {
        var signed = Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}");
        var signature = Base64Url.DecodeFromChars(parts[2]);
        lock (_signing)
            return key.VerifyData(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    private static bool SameText(string a, string b) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(a), Encoding.UTF8.GetBytes(b));

    private static string Audience(TokenUse use) => use switch { TokenUse.Join => "join", TokenUse.Node => "node", _ => "admin" };

    private static TokenUse? UseOf(string audience) => audience switch
    {
        "join" => TokenUse.Join,
        "node" => TokenUse.Node,
        "admin" => TokenUse.Admin,
        _ => null,
    };

    private static string Encode(JsonObject part) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(part.ToJsonString()));

    private static JsonObject? Decode(string part) => JsonNode.Parse(Base64Url.DecodeFromChars(part)) as JsonObject;

    /// <summary>The thumbprint of the public key (RFC 7638): the same on every instance that has the key.</summary>
    private static string KeyIdOf(ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        var jwk = $"{{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"{Base64Url.EncodeToString(point.X)}\",\"y\":\"{Base64Url.EncodeToString(point.Y)}\"}}";
        return Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(jwk)));
    }
}
