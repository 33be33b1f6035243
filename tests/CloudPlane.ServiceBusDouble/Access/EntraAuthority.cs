using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace CloudPlane.Doubles;

/// <summary>
/// A tenant of Entra, as far as services see it: it issues access tokens for an identity and an audience, and services ask it whether one is
/// good. The tokens have the claims of version 1.0 ones (learn.microsoft.com/entra/identity-platform/access-token-claims-reference); they are
/// signed with a key that only this object has, where Entra publishes its keys.
/// </summary>
public sealed class EntraAuthority(TimeProvider time, Random random)
{
    private static readonly string Header = Encode("""{"typ":"JWT","alg":"HS256"}""");

    private readonly string _tenant = NewId(random).ToString();
    private readonly byte[] _key = NewId(random).ToByteArray();

    /// <summary>A token that opens <paramref name="audience"/> to an identity.</summary>
    /// <param name="audience">The service, e.g. https://storage.azure.com; as it was asked for.</param>
    /// <param name="objectId">Of the identity.</param>
    public string Issue(string audience, Guid objectId, TimeSpan lifetime)
    {
        var now = time.GetUtcNow();
        var (from, until) = (now.ToUnixTimeSeconds(), (now + lifetime).ToUnixTimeSeconds());
        var claims = Encode($$"""
            {"aud":"{{audience}}","iss":"https://sts.windows.net/{{_tenant}}/","iat":{{from}},"nbf":{{from}},"exp":{{until}},"oid":"{{objectId}}","sub":"{{objectId}}","tid":"{{_tenant}}","ver":"1.0"}
            """.Trim());
        return $"{Header}.{claims}.{Sign($"{Header}.{claims}")}";
    }

    /// <summary>Whose token this is; null when it is not ours, not for <paramref name="audience"/>, or not valid now.</summary>
    public Guid? Validate(string token, string audience)
    {
        var parts = token.Split('.');
        if (parts.Length != 3 || parts[0] != Header || Sign($"{parts[0]}.{parts[1]}") != parts[2])
            return null;
        using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
        var root = claims.RootElement;
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        // Services take the audience with and without the slash at its end, as clients ask for both.
        return root.GetProperty("aud").GetString()!.TrimEnd('/') == audience && root.GetProperty("nbf").GetInt64() <= now && now < root.GetProperty("exp").GetInt64()
            ? root.GetProperty("oid").GetGuid()
            : null;
    }

    private string Sign(string text) => Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.ASCII.GetBytes(text)));

    private static string Encode(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));

    private static Guid NewId(Random random)
    {
        var bytes = new byte[16];
        random.NextBytes(bytes);
        return new Guid(bytes);
    }
}
