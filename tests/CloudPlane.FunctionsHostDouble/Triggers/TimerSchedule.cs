using System.Globalization;

namespace CloudPlane.Doubles;

/// <summary>An NCRONTAB expression: second, minute, hour, day, month, day of the week; each a list of numbers, ranges and steps. UTC.</summary>
internal sealed class TimerSchedule
{
    private static readonly (int First, int Last)[] Bounds = [(0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 6)];

    private readonly bool[][] _fields;

    private TimerSchedule(bool[][] fields) => _fields = fields;

    /// <summary>Null when it is no such expression.</summary>
    public static TimerSchedule? Parse(string text)
    {
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != Bounds.Length)
            return null;
        var fields = parts.Select((part, i) => Field(part, Bounds[i].First, Bounds[i].Last)).ToArray();
        return fields.Contains(null) ? null : new TimerSchedule(fields!);
    }

    /// <summary>The first time after <paramref name="after"/>; null when there is none within five years.</summary>
    public DateTimeOffset? Next(DateTimeOffset after)
    {
        var utc = after.UtcDateTime;
        var time = new DateTime(utc.Year, utc.Month, utc.Day, utc.Hour, utc.Minute, utc.Second, DateTimeKind.Utc).AddSeconds(1);
        var end = time.AddYears(5);
        while (time < end)
        {
            if (!_fields[4][time.Month] || !_fields[3][time.Day] || !_fields[5][(int)time.DayOfWeek])
                time = time.Date.AddDays(1);
            else if (!_fields[2][time.Hour])
                time = time.Date.AddHours(time.Hour + 1);
            else if (!_fields[1][time.Minute])
                time = time.AddSeconds(60 - time.Second);
            else if (!_fields[0][time.Second])
                time = time.AddSeconds(1);
            else
                return new DateTimeOffset(time);
        }

        return null;
    }

    private static bool[]? Field(string text, int first, int last)
    {
        var values = new bool[last + 1];
        foreach (var item in text.Split(','))
        {
            var (range, step) = item.Split('/') switch
            {
                [var only] => (only, 1),
                [var from, var by] when Number(by) is > 0 and var n => (from, n),
                _ => ("", 0),
            };
            var (low, high) = range == "*" ? (first, last) : range.Split('-') switch
            {
                [var single] when Number(single) is { } n => (n, item.Contains('/') ? last : n),
                [var from, var to] when Number(from) is { } a && Number(to) is { } b => (a, b),
                _ => (-1, -1),
            };
            if (low < first || high > last || low > high)
                return null;
            for (var value = low; value <= high; value += step)
                values[value] = true;
        }

        return values;
    }

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
