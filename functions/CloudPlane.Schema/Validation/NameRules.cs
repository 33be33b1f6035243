using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CloudPlane.Schema;

/// <summary>
/// The name checks of k8s.io/apimachinery/pkg/util/validation: each yields what is wrong, in Kubernetes' words; nothing when the value is fine.
/// Written by hand instead of as regular expressions, which cost a cold start.
/// </summary>
internal static class NameRules
{
    private const string LabelFormat = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
    private const string QualifiedFormat = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

    private const string LabelError = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', " +
        $"and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '{LabelFormat}')";

    private const string SubdomainError = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', " +
        $"and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '{LabelFormat}(\\.{LabelFormat})*')";

    private const string Dns1035Error = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, " +
        "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

    private const string QualifiedError = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
        $"character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '{QualifiedFormat}')";

    public static string MaxLength(int bytes) => $"must be no more than {bytes} bytes";

    public static string InclusiveRange(int low, int high) => $"must be between {low} and {high}, inclusive";

    public static IEnumerable<string> Label(string value) =>
        Check(value, 63, IsSubdomain(value) ? "must not contain dots" : LabelError, IsLabel(value));

    public static IEnumerable<string> Subdomain(string value) => Check(value, 253, SubdomainError, IsSubdomain(value));

    public static IEnumerable<string> Dns1035(string value) =>
        Check(value, 63, Dns1035Error, IsLabel(value) && char.IsAsciiLetterLower(value[0]));

    public static IEnumerable<string> LabelValue(string value) => Check(value, 63,
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
        $"character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '({QualifiedFormat})?')",
        value.Length == 0 || IsQualifiedPart(value));

    public static IEnumerable<string> QualifiedName(string value)
    {
        var parts = value.Split('/');
        if (parts.Length > 2)
        {
            yield return $"a qualified name {QualifiedError} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
            yield break;
        }

        if (parts.Length == 2 && parts[0].Length == 0)
            yield return "prefix part must be non-empty";
        else if (parts.Length == 2)
        {
            foreach (var error in Subdomain(parts[0]))
                yield return "prefix part " + error;
        }

        var name = parts[^1];
        if (name.Length == 0)
            yield return "name part must be non-empty";
        else if (Encoding.UTF8.GetByteCount(name) > 63)
            yield return "name part " + MaxLength(63);
        if (!IsQualifiedPart(name))
            yield return "name part " + QualifiedError;
    }

    public static IEnumerable<string> ConfigMapKey(string value)
    {
        if (Encoding.UTF8.GetByteCount(value) > 253)
            yield return MaxLength(253);
        if (value.Length == 0 || !value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_'))
        {
            yield return "a valid config key must consist of alphanumeric characters, '-', '_' or '.' " +
                "(e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
        }

        if (value == ".")
            yield return "must not be '.'";
        else if (value == "..")
            yield return "must not be '..'";
        else if (value.StartsWith("..", StringComparison.Ordinal))
            yield return "must not start with '..'";
    }

    public static IEnumerable<string> EnvVarName(string value)
    {
        if (value.Length == 0)
            yield return "environment variable name must be non-empty";
        if (value.Any(c => c is < ' ' or > '~' or '='))
            yield return "a valid environment variable name must consist only of printable ASCII characters other than '='";
    }

    public static IEnumerable<string> PortName(string value)
    {
        if (value.Length > 15)
            yield return MaxLength(15);
        if (value.Length == 0 || !value.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-'))
            yield return "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)";
        if (!value.Any(char.IsAsciiLetterLower))
            yield return "must contain at least one letter (a-z)";
        if (value.Contains("--", StringComparison.Ordinal))
            yield return "must not contain consecutive hyphens";
        if (value.Length > 0 && (value[0] == '-' || value[^1] == '-'))
            yield return "must not begin or end with a hyphen";
    }

    public static IEnumerable<string> PortNumber(long value) => value is >= 1 and <= 65535 ? [] : [InclusiveRange(1, 65535)];

    public static IEnumerable<string> HttpHeaderName(string value) => value.Length > 0 && value.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
        ? []
        : ["a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"];

    public static IEnumerable<string> Percent(string value) => value.Length > 1 && value[^1] == '%' && value[..^1].All(char.IsAsciiDigit)
        ? []
        : ["a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')"];

    public static IEnumerable<string> IpAddress(string value) => TryParseIp(value, out _)
        ? []
        : ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"];

    public static IEnumerable<string> Cidr(string value) => IsCidr(value) ? [] : ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"];

    /// <summary>Strictly: four decimal numbers without leading zeros, or IPv6 without a zone. .NET takes more ("1", "0x7f.1").</summary>
    public static bool TryParseIp(string value, out IPAddress address)
    {
        address = IPAddress.None;
        if (value.Contains(':') ? value.Contains('%') || value.Contains('[') || value.Contains('/') : !IsDottedQuad(value))
            return false;
        return IPAddress.TryParse(value, out address!);
    }

    public static bool IsIpV6(string value) => TryParseIp(value, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;

    private static bool IsCidr(string value)
    {
        var slash = value.IndexOf('/');
        return slash > 0 && TryParseIp(value[..slash], out var address)
            && value[(slash + 1)..] is { Length: > 0 and <= 3 } bits && bits.All(char.IsAsciiDigit) && (bits.Length == 1 || bits[0] != '0')
            && int.Parse(bits, System.Globalization.CultureInfo.InvariantCulture) <= (address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128);
    }

    private static bool IsDottedQuad(string value) => value.Split('.') is { Length: 4 } parts
        && parts.All(p => p.Length is > 0 and <= 3 && p.All(char.IsAsciiDigit) && (p.Length == 1 || p[0] != '0'));

    private static IEnumerable<string> Check(string value, int maxBytes, string formatError, bool isFormed)
    {
        if (Encoding.UTF8.GetByteCount(value) > maxBytes)
            yield return MaxLength(maxBytes);
        if (!isFormed)
            yield return formatError;
    }

    private static bool IsSubdomain(string value) => value.Split('.').All(IsLabel);

    private static bool IsLabel(string value) => value.Length > 0 && value[0] != '-' && value[^1] != '-'
        && value.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');

    private static bool IsQualifiedPart(string value) => value.Length > 0
        && char.IsAsciiLetterOrDigit(value[0]) && char.IsAsciiLetterOrDigit(value[^1])
        && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
