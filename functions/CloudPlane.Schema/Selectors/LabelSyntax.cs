using System.Text;

namespace CloudPlane.Schema;

/// <summary>What a label's key and value may be, with the messages of k8s.io/apimachinery/pkg/util/validation. Null means valid.</summary>
internal static class LabelSyntax
{
    private const string NameRule =
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
        "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

    private const string ValueRule =
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character " +
        "(e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

    private const string SubdomainRule =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character " +
        "(e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

    public static string? KeyError(string key)
    {
        var parts = key.Split('/');
        if (parts.Length > 2)
            return $"a qualified name {NameRule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
        var errors = new List<string>();
        if (parts.Length == 2)
            CheckPrefix(parts[0], errors);
        CheckName(parts[^1], errors);
        return errors.Count == 0 ? null : string.Join("; ", errors);
    }

    public static string? ValueError(string value)
    {
        var errors = new List<string>();
        if (Encoding.UTF8.GetByteCount(value) > 63)
            errors.Add("must be no more than 63 characters");
        if (value.Length > 0 && !IsName(value))
            errors.Add(ValueRule);
        return errors.Count == 0 ? null : string.Join("; ", errors);
    }

    private static void CheckPrefix(string prefix, List<string> errors)
    {
        if (prefix.Length == 0)
            errors.Add("prefix part must be non-empty");
        else if (prefix.Length > 253)
            errors.Add("prefix part must be no more than 253 characters");
        else if (!prefix.Split('.').All(IsDnsLabel))
            errors.Add($"prefix part {SubdomainRule}");
    }

    private static void CheckName(string name, List<string> errors)
    {
        if (name.Length == 0)
            errors.Add("name part must be non-empty");
        else if (Encoding.UTF8.GetByteCount(name) > 63)
            errors.Add("name part must be no more than 63 characters");
        if (!IsName(name))
            errors.Add($"name part {NameRule}");
    }

    private static bool IsName(string text) =>
        text.Length > 0 && char.IsAsciiLetterOrDigit(text[0]) && char.IsAsciiLetterOrDigit(text[^1])
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private static bool IsDnsLabel(string text) =>
        text.Length > 0 && text[0] != '-' && text[^1] != '-'
        && text.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '-');
}
