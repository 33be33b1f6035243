namespace CloudPlane.Controllers;

internal static class Clock
{
    /// <summary>Now, in the whole seconds that metav1.Time keeps: what is written compares equal to what is read back.</summary>
    public static DateTimeOffset Seconds(this TimeProvider time)
    {
        var now = time.GetUtcNow();
        return new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerSecond), TimeSpan.Zero);
    }
}
