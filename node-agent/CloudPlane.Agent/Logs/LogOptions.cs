using System.Globalization;

namespace CloudPlane.Agent;

/// <summary>What of a log is asked for: the fields of PodLogOptions.</summary>
internal sealed record LogOptions
{
    /// <summary>Go on with what comes until the container ends.</summary>
    public bool Follow { get; init; }

    /// <summary>The instance before the current one.</summary>
    public bool Previous { get; init; }

    /// <summary>Begin each line with its time.</summary>
    public bool Timestamps { get; init; }

    /// <summary>Only the last lines, as many as this; null for all.</summary>
    public long? TailLines { get; init; }

    /// <summary>End after so many bytes of output; null for no end.</summary>
    public long? LimitBytes { get; init; }

    /// <summary>Only lines from then on; null for all.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Reads them from a query.</summary>
    /// <exception cref="LogUnavailableException">400: a value that is none.</exception>
    public static LogOptions Parse(string query, DateTimeOffset now)
    {
        var options = new LogOptions();
        foreach (var pair in query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = pair.Split('=', 2);
            var (name, value) = (Unescape(parts[0]), parts.Length > 1 ? Unescape(parts[1]) : "");
            options = name switch
            {
                "follow" => options with { Follow = Flag(name, value) },
                "previous" => options with { Previous = Flag(name, value) },
                "timestamps" => options with { Timestamps = Flag(name, value) },
                "tailLines" => options with { TailLines = Number(name, value, least: 0) },
                "limitBytes" => options with { LimitBytes = Number(name, value, least: 1) },
                "sinceSeconds" => options with { Since = now - TimeSpan.FromSeconds(Math.Min(Number(name, value, least: 1), 1_000_000_000)) },
                "sinceTime" => options with { Since = Time(name, value) },
                _ => options,
            };
        }
        return options;
    }

    private static string Unescape(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));

    private static bool Flag(string name, string value) => value switch
    {
        "true" or "True" or "TRUE" or "t" or "T" or "1" => true,
        "false" or "False" or "FALSE" or "f" or "F" or "0" or "" => false,
        _ => throw Invalid(name, value),
    };

    private static long Number(string name, string value, long least) =>
        long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least
            ? number
            : throw Invalid(name, value);

    private static DateTimeOffset Time(string name, string value) =>
        DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : throw Invalid(name, value);

    private static LogUnavailableException Invalid(string name, string value) => new(400, $"invalid value \"{value}\" of {name}");
}
