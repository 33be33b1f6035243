using System.Globalization;

namespace CloudPlane.Agent;

/// <summary>Durations as Go prints them, for messages that users and tools know from the kubelet: 1.25s, 350ms, 2m0s, 5m0s.</summary>
internal static class GoDuration
{
    public static string Format(TimeSpan value)
    {
        if (value < TimeSpan.FromSeconds(1)) return value == TimeSpan.Zero ? "0s" : $"{Text((decimal)value.TotalMilliseconds)}ms";
        var hours = (long)value.TotalHours;
        var seconds = $"{Text(value.Seconds + value.Ticks % TimeSpan.TicksPerSecond / (decimal)TimeSpan.TicksPerSecond)}s";
        if (hours > 0) return $"{hours}h{value.Minutes}m{seconds}";
        return value.TotalMinutes >= 1 ? $"{value.Minutes}m{seconds}" : seconds;
    }

    private static string Text(decimal number) => number.ToString("0.#########", CultureInfo.InvariantCulture);
}
