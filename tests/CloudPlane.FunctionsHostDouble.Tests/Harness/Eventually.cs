using System.Diagnostics;

namespace CloudPlane.Doubles.Tests;

/// <summary>Waits for what a process will do in its own time.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static async Task<T> SatisfiesAsync<T>(Func<Task<T>> read, Func<T, bool> condition, string what)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var value = await read();
            if (condition(value))
                return value;
            Assert.True(clock.Elapsed < Limit, $"not within {Limit.TotalSeconds} s: {what}; last seen: {value}");
            await Task.Delay(20);
        }
    }

    public static Task IsTrueAsync(Func<bool> condition, string what) => SatisfiesAsync(() => Task.FromResult(condition()), seen => seen, what);
}
