using System.Diagnostics;
using CloudPlane.Client;

namespace CloudPlane.Cloud.Tests;

/// <summary>Repeats what may fail while instances die and services are away, as every client of a control plane has to.</summary>
internal static class Retry
{
    /// <summary>How long the whole of a cluster may take to converge once nothing disturbs it any more; far more than it needs.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(6);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    /// <summary>No answer, or one that says to come again.</summary>
    public static bool IsTransient(Exception error) => error is ApiUnreachableException or ApiException { Code: 408 or 429 or >= 500 };

    /// <summary>Until it is done. What may have been done without an answer must be harmless to repeat.</summary>
    public static async Task UntilDoneAsync(Func<Task> act)
    {
        for (var start = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                await act();
                return;
            }
            catch (Exception e) when ((IsTransient(e) || e is ApiException { IsConflict: true }) && Stopwatch.GetElapsedTime(start) < Patience)
            {
                await Task.Delay(Pause);
            }
        }
    }

    /// <summary>Until what is wrong is nothing any more.</summary>
    /// <param name="problem">Tells what is still wrong; null when nothing is.</param>
    /// <exception cref="Xunit.Sdk.XunitException">It stays wrong.</exception>
    public static async Task UntilNullAsync(Func<Task<string?>> problem)
    {
        for (var start = Stopwatch.GetTimestamp(); ;)
        {
            string? seen;
            try
            {
                seen = await problem();
            }
            catch (Exception e) when (IsTransient(e))
            {
                seen = e.Message;
            }

            if (seen is null)
                return;
            Assert.True(Stopwatch.GetElapsedTime(start) < Patience, $"still after {Patience.TotalMinutes:0} min: {seen}");
            await Task.Delay(Pause);
        }
    }
}
