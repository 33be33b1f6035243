using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace CloudPlane.Agent;

/// <summary>
/// One line of a log file in CRI format: "2016-10-06T00:17:09.669794202Z stdout F the message\n". The tag P marks a part of a line
/// that goes on in the next one of the same stream.
/// </summary>
internal readonly ref struct LogLine
{
    private LogLine(ReadOnlySpan<byte> timestamp, ReadOnlySpan<byte> message, bool partial)
    {
        Timestamp = timestamp;
        Message = message;
        IsPartial = partial;
    }

    /// <summary>RFC 3339 with up to 9 fractional digits, as the runtime wrote it.</summary>
    public ReadOnlySpan<byte> Timestamp { get; }

    /// <summary>The text, with its line feed unless it is partial.</summary>
    public ReadOnlySpan<byte> Message { get; }

    /// <summary>Whether the line goes on.</summary>
    public bool IsPartial { get; }

    /// <summary>Reads a line, which ends with a line feed unless it is the file's last; false when it is not in CRI format.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, out LogLine parsed)
    {
        parsed = default;
        if (!TryCut(line, out var timestamp, out var rest) || !IsTime(timestamp))
            return false;
        if (!TryCut(rest, out var stream, out rest) || !(stream.SequenceEqual("stdout"u8) || stream.SequenceEqual("stderr"u8)))
            return false;
        if (!TryCut(rest, out var tags, out rest) || tags.IsEmpty)
            return false;
        // More tags may follow after colons; only the first has a meaning.
        var partial = tags[0] == (byte)'P' && (tags.Length == 1 || tags[1] == (byte)':');
        parsed = new LogLine(timestamp, partial && rest is [.., (byte)'\n'] ? rest[..^1] : rest, partial);
        return true;
    }

    /// <summary>Whether the line was written before a time.</summary>
    public bool IsBefore(DateTimeOffset since) =>
        DateTimeOffset.TryParse(Encoding.ASCII.GetString(Timestamp), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) && at < since;

    /// <summary>Writes the time with all 9 fractional digits and a space, as `kubectl logs --timestamps` shows it. Returns the count of bytes.</summary>
    public int FormatTimestamp(Span<byte> target)
    {
        var seconds = Timestamp[..19];
        var rest = Timestamp[19..];
        var digits = 0;
        if (rest is [(byte)'.', ..])
        {
            digits = rest[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            digits = digits < 0 ? rest.Length - 1 : digits;
        }
        var zone = digits > 0 ? rest[(1 + digits)..] : rest;
        seconds.CopyTo(target);
        target[19] = (byte)'.';
        target.Slice(20, 9).Fill((byte)'0');
        if (digits > 0)
            rest.Slice(1, Math.Min(digits, 9)).CopyTo(target[20..]);
        zone.CopyTo(target[29..]);
        target[29 + zone.Length] = (byte)' ';
        return 30 + zone.Length;
    }

    /// <summary>The most that <see cref="FormatTimestamp"/> writes.</summary>
    public const int MaxTimestamp = 64;

    private static bool IsTime(ReadOnlySpan<byte> text) =>
        text.Length is >= 20 and <= 40 && text[4] == (byte)'-' && text[10] == (byte)'T' && Utf8Parser.TryParse(text[..4], out int _, out var used) && used == 4;

    private static bool TryCut(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> field, out ReadOnlySpan<byte> rest)
    {
        var end = line.IndexOf((byte)' ');
        field = end < 0 ? default : line[..end];
        rest = end < 0 ? default : line[(end + 1)..];
        return end >= 0;
    }
}
