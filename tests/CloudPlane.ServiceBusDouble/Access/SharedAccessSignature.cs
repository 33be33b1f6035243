using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CloudPlane.Doubles;

/// <summary>A token as a client presents it: <c>SharedAccessSignature sr=..&amp;sig=..&amp;se=..&amp;skn=..</c>.</summary>
internal sealed class SharedAccessSignature
{
    private const string Scheme = "SharedAccessSignature ";

    private readonly string _signed;
    private readonly byte[] _signature;
    private readonly Uri _resource;

    private SharedAccessSignature(string signed, byte[] signature, Uri resource, DateTimeOffset expiry, string rule)
    {
        (_signed, _signature, _resource, Expiry, Rule) = (signed, signature, resource, expiry, rule);
    }

    public DateTimeOffset Expiry { get; }

    public string Rule { get; }

    /// <summary>The part of the namespace that the token opens: "" or the path of a queue.</summary>
    public string Path => Uri.UnescapeDataString(_resource.AbsolutePath).Trim('/');

    public static SharedAccessSignature Parse(string? header)
    {
        if (header is null)
            throw new BusException(401, "MissingToken: The authorization header was not found.");
        if (!header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            throw Malformed();
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var field in header[Scheme.Length..].Split('&'))
        {
            var equals = field.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1 || !fields.TryAdd(field[..equals], field[(equals + 1)..]))
                throw Malformed();
        }
        if (fields.Count != 4 || !fields.TryGetValue("sr", out var resource) || !fields.TryGetValue("sig", out var signature)
            || !fields.TryGetValue("se", out var expiry) || !fields.TryGetValue("skn", out var rule))
            throw Malformed();
        if (!Uri.TryCreate(Uri.UnescapeDataString(resource), UriKind.Absolute, out var address)
            || !long.TryParse(expiry, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > 253402300799)
            throw Malformed();
        var bytes = new byte[64];
        if (!Convert.TryFromBase64String(Uri.UnescapeDataString(signature), bytes, out var written))
            throw Malformed();
        return new SharedAccessSignature($"{resource}\n{expiry}", bytes[..written], address, DateTimeOffset.FromUnixTimeSeconds(seconds),
            Uri.UnescapeDataString(rule));
    }

    /// <summary>Whether the token is for this namespace and for a part of it that holds <paramref name="path"/>.</summary>
    public bool Covers(string host, string path) =>
        _resource.Authority.Equals(host, StringComparison.OrdinalIgnoreCase)
        && (Path.Length == 0 || path.Equals(Path, StringComparison.OrdinalIgnoreCase) || path.StartsWith(Path + "/", StringComparison.OrdinalIgnoreCase));

    public bool IsSignedWith(AccessRule rule) => IsSignedWith(rule.PrimaryKey) || (rule.SecondaryKey is { } second && IsSignedWith(second));

    private bool IsSignedWith(string key) =>
        CryptographicOperations.FixedTimeEquals(_signature, HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(_signed)));

    private static BusException Malformed() => new(401, "MalformedToken: The token is not a shared access signature.");
}
