using System.Globalization;

namespace CloudPlane.Schema;

/// <summary>metav1.Time and metav1.MicroTime: RFC 3339 in, UTC with whole seconds or six decimals out, Go's words when it isn't one.</summary>
internal static class GoTime
{
    private const string Seconds = "2006-01-02T15:04:05Z07:00";
    private const string Micros = "2006-01-02T15:04:05.000000Z07:00";

    /// <summary>The canonical text, or null and what time.Parse says.</summary>
    public static string? Canonical(string text, bool micro, out string error)
    {
        var layout = micro ? Micros : Seconds;
        error = Scan(text, layout, micro, out var fields);
        if (error.Length > 0)
            return null;
        try
        {
            var time = new DateTime(fields.Year, fields.Month, fields.Day, fields.Hour, fields.Minute, fields.Second, DateTimeKind.Utc)
                .AddTicks(fields.Ticks).AddMinutes(-fields.OffsetMinutes);
            return time.ToString(micro ? "yyyy-MM-ddTHH:mm:ss.ffffffZ" : "yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
        }
        catch (ArgumentOutOfRangeException)
        {
            // The year 0, and offsets that lead out of .NET's range, which Go can represent but JSON (RFC 3339) can't.
            error = $"parsing time {GoText.Quote(text)}: year out of range";
            return null;
        }
    }

    private static string Scan(string text, string layout, bool micro, out Fields fields)
    {
        fields = default;
        var scanner = new Scanner(text, layout);
        if (!scanner.Number(4, "2006", out fields.Year) || !scanner.Literal('-') || !scanner.Number(2, "01", out fields.Month)
            || !scanner.Literal('-') || !scanner.Number(2, "02", out fields.Day) || !scanner.Literal('T')
            || !scanner.Number(2, "15", out fields.Hour) || !scanner.Literal(':') || !scanner.Number(2, "04", out fields.Minute)
            || !scanner.Literal(':') || !scanner.Number(2, "05", out fields.Second) || !scanner.Fraction(micro, out fields.Ticks)
            || !scanner.Zone(out fields.OffsetMinutes) || !scanner.End())
            return scanner.Error;
        var fault = OutOfRange(fields);
        return fault is null ? "" : $"parsing time {GoText.Quote(text)}: {fault} out of range";
    }

    private static string? OutOfRange(Fields f) =>
        f.Month is < 1 or > 12 ? "month"
        : f.Day < 1 || (f.Year > 0 && f.Day > DateTime.DaysInMonth(f.Year, f.Month)) ? "day"
        : f.Hour > 23 ? "hour"
        : f.Minute > 59 ? "minute"
        : f.Second > 59 ? "second"
        : null;

    private struct Fields
    {
        public int Year, Month, Day, Hour, Minute, Second, OffsetMinutes;
        public long Ticks;
    }

    private ref struct Scanner(string text, string layout)
    {
        private int _at;

        public string Error { get; private set; } = "";

        private readonly ReadOnlySpan<char> Rest => text.AsSpan(_at);

        public bool Number(int digits, string element, out int value)
        {
            value = 0;
            if (Rest.Length < digits || Rest[..digits].IndexOfAnyExceptInRange('0', '9') >= 0)
                return Fail(element);
            value = int.Parse(Rest[..digits], CultureInfo.InvariantCulture);
            _at += digits;
            return true;
        }

        public bool Literal(char c)
        {
            if (Rest.IsEmpty || Rest[0] != c)
                return Fail(c.ToString());
            _at++;
            return true;
        }

        // Go takes a fraction after the seconds even where the layout has none; where it has one, exactly as many digits.
        public bool Fraction(bool micro, out long ticks)
        {
            ticks = 0;
            var digits = 0;
            if (Rest.Length > 1 && Rest[0] is '.' or ',')
            {
                while (digits + 1 < Rest.Length && char.IsAsciiDigit(Rest[digits + 1]))
                    digits++;
            }

            if (micro && digits != 6)
                return Fail(".000000");
            if (digits == 0)
                return true;
            ticks = long.Parse(Rest.Slice(1, Math.Min(digits, 7)), CultureInfo.InvariantCulture);
            for (var i = digits; i < 7; i++)
                ticks *= 10;
            _at += digits + 1;
            return true;
        }

        public bool Zone(out int minutes)
        {
            minutes = 0;
            if (Rest.StartsWith("Z"))
            {
                _at++;
                return true;
            }

            if (Rest.Length < 6 || Rest[0] is not ('+' or '-') || Rest[3] != ':'
                || !int.TryParse(Rest[1..3], NumberStyles.None, CultureInfo.InvariantCulture, out var hours)
                || !int.TryParse(Rest[4..6], NumberStyles.None, CultureInfo.InvariantCulture, out var rest) || hours > 24 || rest > 59)
                return Fail("Z07:00");
            minutes = ((hours * 60) + rest) * (Rest[0] == '-' ? -1 : 1);
            _at += 6;
            return true;
        }

        public bool End()
        {
            if (Rest.IsEmpty)
                return true;
            Error = $"parsing time {GoText.Quote(text)}: extra text: {GoText.Quote(Rest.ToString())}";
            return false;
        }

        private bool Fail(string element)
        {
            Error = $"parsing time {GoText.Quote(text)} as {GoText.Quote(layout)}: cannot parse {GoText.Quote(Rest.ToString())} as {GoText.Quote(element)}";
            return false;
        }
    }
}
