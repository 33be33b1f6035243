namespace CloudPlane.Functions;

/// <summary>
/// <c>cloudplane deployment token</c>: prints a token for administering a deployment in the cloud: making clusters, and getting their first
/// credentials. Made from the deployment's secret alone, so nothing is asked and nothing stored.
/// </summary>
internal static class DeploymentTokenCommand
{
    public static SettingsSchema Settings { get; } = new("cloudplane deployment token", "Prints a token that may make and delete clusters of a deployment.",
    [
        new("signing-key", "BASE64", "the deployment's secret, the app setting CLOUDPLANE_SIGNING_KEY; better given in the environment"),
        new("ttl", "DURATION", "how long the token is good for, e.g. 15m or 24h", "1h"),
    ]);

    public static async Task RunAsync(Settings settings, TextWriter output)
    {
        MasterSecret secret;
        try
        {
            secret = MasterSecret.Parse(settings.Get("signing-key"));
        }
        catch (FormatException e)
        {
            throw new SettingsException($"--signing-key: {e.Message}");
        }

        await output.WriteLineAsync(new DeploymentTokens(secret, TimeProvider.System).Issue(settings.GetDuration("ttl")));
    }
}
