using CloudPlane.Doubles;

namespace CloudPlane.Cloud.Tests;

/// <summary>Instances that are killed at any moment.</summary>
internal static class Kills
{
    /// <summary>Kills one after the other, with its machine or the process alone, until told to stop; returns how many.</summary>
    /// <param name="pause">Between two, on average.</param>
    public static async Task<int> RunAsync(CloudDeployment cloud, Random random, TimeSpan pause, CancellationToken stop)
    {
        for (var kills = 0; ; kills++)
        {
            await Task.Delay(pause * (random.NextDouble() + 0.5), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested)
                return kills;
            if (cloud.Host.Instances is not { Count: > 0 } instances)
                continue;
            var instance = instances[random.Next(instances.Count)];
            if (random.Next(2) == 0)
                FunctionsHostDouble.Kill(instance);
            else
                FunctionsHostDouble.KillHandler(instance);
        }
    }
}
