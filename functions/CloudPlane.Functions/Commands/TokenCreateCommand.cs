using CloudPlane.Api;

namespace CloudPlane.Functions;

/// <summary>
/// <c>cloudplane token create</c>: prints a join token. The token carries its own expiry and signature, so nothing is stored and the
/// server need not run.
/// </summary>
internal static class TokenCreateCommand
{
    public static SettingsSchema Settings { get; } = new("cloudplane token create", "Prints a token with which a node may join.",
    [
        new("data", "DIR", "the control plane's data directory", ServeCommand.DefaultDataDirectory),
        new("ttl", "DURATION", "how long the token is good for, e.g. 15m or 24h", "24h"),
    ]);

    public static async Task RunAsync(Settings settings, TextWriter output)
    {
        using var key = ClusterKeys.OpenSigningKeyOnly(Path.GetFullPath(settings.Get("data")));
        var signer = new TokenSigner(key, TimeProvider.System);
        var expires = TimeProvider.System.GetUtcNow() + settings.GetDuration("ttl");
        await output.WriteLineAsync(signer.Issue(new TokenClaims(TokenUse.Join, "join", ServeCommand.Cluster, expires)));
    }
}
