using System.Globalization;

namespace CloudPlane.Cloud.Tests;

/// <summary>The seed of a test's chance, told when it fails.</summary>
internal static class Seeds
{
    /// <summary>
    /// Runs a test with a deployment of its own. CLOUDPLANE_SEED=n takes another seed; each test its own, as two that run at once and have the
    /// same would choose the same ports.
    /// </summary>
    public static async Task RunAsync(int seed, Func<CloudDeployment, Random, Task> test, DeploymentOptions? options = null)
    {
        if (Environment.GetEnvironmentVariable("CLOUDPLANE_SEED") is { Length: > 0 } text)
            seed += 1000 * int.Parse(text, CultureInfo.InvariantCulture);
        await using var cloud = await CloudDeployment.StartAsync(seed, options ?? new DeploymentOptions());
        try
        {
            await test(cloud, new Random(seed));
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"seed {seed} (CLOUDPLANE_SEED={seed / 1000} takes the same): {error.Message}\n{cloud.Describe()}", error);
        }
    }
}
