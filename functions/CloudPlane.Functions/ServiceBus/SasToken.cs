using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CloudPlane.Functions;

/// <summary>Shared access signatures: who holds a token may do on its resource what its rule allows, until it expires.</summary>
internal static class SasToken
{
    /// <summary>
    /// The value of an Authorization header. <paramref name="resource"/> is the namespace's or a queue's address and bounds what the token
    /// opens;
    /// the rule must be the namespace's or that queue's own. The key is used as text, not decoded.
    /// </summary>
    public static string Issue(Uri resource, string rule, string key, DateTimeOffset expiry)
    {
        var audience = Uri.EscapeDataString(resource.AbsoluteUri);
        var expires = expiry.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes($"{audience}\n{expires}"));
        var encoded = Uri.EscapeDataString(Convert.ToBase64String(signature));
        return $"SharedAccessSignature sr={audience}&sig={encoded}&se={expires}&skn={Uri.EscapeDataString(rule)}";
    }
}
