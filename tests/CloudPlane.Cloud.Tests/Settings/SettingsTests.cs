using System.Diagnostics;
using CloudPlane.Tests.Shared;

namespace CloudPlane.Cloud.Tests;

/// <summary>The published app refuses to start with settings that can't be right, and says which.</summary>
public sealed class SettingsTests
{
    private const string Secret = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

    [Theory]
    [InlineData("CLOUDPLANE_TABLES_ENDPOINT", null, "the app setting CLOUDPLANE_TABLES_ENDPOINT is missing")]
    [InlineData("CLOUDPLANE_SIGNING_KEY", null, "the app setting CLOUDPLANE_SIGNING_KEY is missing")]
    [InlineData("CLOUDPLANE_BUS_ENDPOINT", "sb", "CLOUDPLANE_BUS_ENDPOINT: \"sb\" is no http or https address")]
    [InlineData("CLOUDPLANE_NODE_GRACE", "1m", "CLOUDPLANE_NODE_GRACE: must be at least twice CLOUDPLANE_HEARTBEAT")]
    [InlineData("CLOUDPLANE_SIGNING_KEY", "c2hvcnQ=", "CLOUDPLANE_SIGNING_KEY")]
    public async Task A_missing_or_wrong_setting_ends_the_program_with_its_name(string name, string? value, string message)
    {
        var start = new ProcessStartInfo(Path.Combine(await PublishedApp.FindAsync(), "cloudplane")) { RedirectStandardError = true };
        foreach (var setting in start.Environment.Keys.Where(key => key.StartsWith("CLOUDPLANE_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(setting);
        start.Environment["FUNCTIONS_CUSTOMHANDLER_PORT"] = "65000";
        start.Environment["CLOUDPLANE_TABLES_ENDPOINT"] = "https://tables.example";
        start.Environment["CLOUDPLANE_BUS_ENDPOINT"] = "https://bus.example";
        start.Environment["CLOUDPLANE_SIGNING_KEY"] = Secret;
        start.Environment["CLOUDPLANE_PUBLIC_URL"] = "https://cloudplane.example";
        start.Environment[name] = value;

        using var process = Process.Start(start)!;
        var error = await process.StandardError.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20));
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(2, process.ExitCode);
        Assert.StartsWith("cloudplane: ", error);
        Assert.Contains(message, error);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.DoesNotContain(value is { Length: > 6 } ? value : Secret, error);
    }
}
