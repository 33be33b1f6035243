namespace CloudPlane.Agent;

/// <summary>metav1.Time has whole seconds, in UTC.</summary>
internal static class ApiTime
{
    public static DateTimeOffset WholeSeconds(DateTimeOffset time) =>
        new(time.UtcTicks - time.UtcTicks % TimeSpan.TicksPerSecond, TimeSpan.Zero);

    /// <summary>CRI counts nanoseconds since 1970; 0 is "never".</summary>
    public static DateTimeOffset FromNanoseconds(long nanoseconds) => DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / 100);
}
