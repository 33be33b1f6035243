using System.Diagnostics;

namespace CloudPlane.EndToEnd.Tests;

/// <summary>Waits for what a cluster will do in its own time.</summary>
public static class Eventually
{
    /// <summary>Repeats <paramref name="read"/> until it satisfies; fails with the last value seen.</summary>
    public static async Task<T> SatisfiesAsync<T>(Func<Task<T>> read, Func<T, bool> condition, string what, int seconds = 120)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var value = await read();
            if (condition(value))
                return value;
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(seconds), $"not within {seconds} s: {what}; last seen: {value}");
            await Task.Delay(100);
        }
    }
}
