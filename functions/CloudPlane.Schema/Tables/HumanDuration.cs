namespace CloudPlane.Schema;

/// <summary>k8s.io/apimachinery/pkg/util/duration.HumanDuration: two units at most, and fewer the longer it is.</summary>
internal static class HumanDuration
{
    public static string Format(TimeSpan duration)
    {
        var seconds = (long)duration.TotalSeconds;
        // Up to a second of the clocks' disagreement counts as now.
        if (seconds < -1)
            return "<invalid>";
        if (seconds < 120)
            return $"{Math.Max(0, seconds)}s";
        var minutes = seconds / 60;
        if (minutes < 10)
            return Two(minutes, "m", seconds % 60, "s");
        if (minutes < 180)
            return $"{minutes}m";
        var hours = minutes / 60;
        if (hours < 8)
            return Two(hours, "h", minutes % 60, "m");
        if (hours < 48)
            return $"{hours}h";
        var days = hours / 24;
        if (days < 8)
            return Two(days, "d", hours % 24, "h");
        if (days < 365 * 2)
            return $"{days}d";
        return days < 365 * 8 ? Two(days / 365, "y", days % 365, "d") : $"{days / 365}y";
    }

    private static string Two(long big, string bigUnit, long small, string smallUnit) =>
        small == 0 ? $"{big}{bigUnit}" : $"{big}{bigUnit}{small}{smallUnit}";
}
