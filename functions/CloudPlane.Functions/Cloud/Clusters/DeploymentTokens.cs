using CloudPlane.Api;

namespace CloudPlane.Functions;

/// <summary>Tokens of those who administer the deployment itself. They open no cluster, and no cluster's tokens pass here.</summary>
internal sealed class DeploymentTokens(MasterSecret secret, TimeProvider time)
{
    private const string Scheme = "Bearer ";
    // Made when first asked for: a cold start that serves a cluster derives that cluster's key only.
    private readonly Lazy<TokenSigner> _signer = new(() => new TokenSigner(secret.SigningKey("deployment"), time));

    /// <summary>A token that is good for as long.</summary>
    public string Issue(TimeSpan lifetime) =>
        _signer.Value.Issue(new TokenClaims(TokenUse.Admin, "deployment-admin", ClusterRegistry.Deployment, time.GetUtcNow() + lifetime));

    /// <summary>Whether an Authorization header is that of an administrator.</summary>
    public bool Holds(string? authorization) =>
        authorization is not null && authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        && _signer.Value.Verify(authorization[Scheme.Length..].Trim(), ClusterRegistry.Deployment)?.Use == TokenUse.Admin;
}
