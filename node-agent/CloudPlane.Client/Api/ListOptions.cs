using System.Globalization;
using System.Text;

namespace CloudPlane.Client;

/// <summary>What a list or watch asks for; each is left out of the request when null.</summary>
public sealed record ListOptions
{
    public string? LabelSelector { get; init; }
    public string? FieldSelector { get; init; }

    /// <summary>The page's size in objects; null for all.</summary>
    public int? Limit { get; init; }
    public string? Continue { get; init; }
    public string? ResourceVersion { get; init; }

    /// <summary>"Exact" or "NotOlderThan".</summary>
    public string? ResourceVersionMatch { get; init; }

    /// <summary>Watch only: ask for bookmarks.</summary>
    public bool AllowWatchBookmarks { get; init; }

    /// <summary>Watch only: when the server ends it, in seconds.</summary>
    public int? TimeoutSeconds { get; init; }

    internal string ToQuery(bool watch)
    {
        var query = new StringBuilder();
        if (watch) Add("watch", "true");
        Add("labelSelector", LabelSelector);
        Add("fieldSelector", FieldSelector);
        Add("limit", Limit?.ToString(CultureInfo.InvariantCulture));
        Add("continue", Continue);
        Add("resourceVersion", ResourceVersion);
        Add("resourceVersionMatch", ResourceVersionMatch);
        if (watch && AllowWatchBookmarks) Add("allowWatchBookmarks", "true");
        Add("timeoutSeconds", TimeoutSeconds?.ToString(CultureInfo.InvariantCulture));
        return query.ToString();

        void Add(string name, string? value)
        {
            if (value is not null) query.Append(query.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        }
    }
}
