namespace CloudPlane.Api;

/// <summary>A query string's parameters; the first of several with one name counts, as in Go.</summary>
internal sealed class QueryParameters
{
    private readonly List<KeyValuePair<string, string>> _pairs = [];

    public QueryParameters(string query)
    {
        foreach (var part in query.AsSpan().Split('&'))
        {
            var pair = query.AsSpan(part);
            if (pair.IsEmpty)
                continue;
            var equals = pair.IndexOf('=');
            var name = equals < 0 ? pair : pair[..equals];
            var value = equals < 0 ? default : pair[(equals + 1)..];
            _pairs.Add(new(Unescape(name), Unescape(value)));
        }
    }

    /// <summary>The value, or null when absent.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (var pair in _pairs)
            {
                if (pair.Key == name)
                    return pair.Value;
            }

            return null;
        }
    }

    /// <summary>The value, "" when absent.</summary>
    public string Text(string name) => this[name] ?? "";

    /// <summary>True for "true" and "1"; as Kubernetes converts booleans, everything but "false" and "0" is true when present.</summary>
    public bool Flag(string name) => this[name] switch
    {
        null or "false" or "False" or "0" => false,
        _ => true,
    };

    /// <summary>A whole number, or null when absent.</summary>
    public long? Number(string name)
    {
        var text = this[name];
        if (string.IsNullOrEmpty(text))
            return null;
        if (long.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, null, out var value))
            return value;
        throw ApiErrors.BadRequest($"strconv.ParseInt: parsing {GoText.Quote(text)}: invalid syntax");
    }

    private static string Unescape(ReadOnlySpan<char> text) => Uri.UnescapeDataString(text.ToString().Replace('+', ' '));
}
