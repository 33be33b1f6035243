using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;

namespace CloudPlane.Api;

/// <summary>Who calls: by client certificate or bearer token.</summary>
internal sealed class Authenticator(TimeProvider time)
{
    private const int CacheLimit = 10_000;

    // A connection's certificate is one instance: its subject is read once per connection.
    private readonly ConditionalWeakTable<X509Certificate2, ApiUser> _certificates = [];
    private readonly ConcurrentDictionary<(TokenSigner Signer, string Token), TokenClaims> _verified = new();

    /// <summary>The caller, or null for a caller without credentials. <paramref name="tokens"/> are the cluster's; null takes none.</summary>
    /// <exception cref="ApiStatusException">401 for credentials that do not hold.</exception>
    public ApiUser? Authenticate(ApiRequest request, TokenSigner? tokens)
    {
        if (request.User is not null)
            return request.User;
        if (request.Authorization is not null)
            return FromClaims(Bearer(request, tokens) ?? throw ApiErrors.Unauthorized());
        return request.ClientCertificate is { } certificate ? FromCertificate(certificate) : null;
    }

    /// <summary>What the request's bearer token says, or null when there is no valid one.</summary>
    public TokenClaims? Bearer(ApiRequest request, TokenSigner? tokens)
    {
        const string scheme = "Bearer ";
        if (tokens is null || request.Authorization is not { } header || !header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
            return null;
        var token = header[scheme.Length..].Trim();
        if (_verified.TryGetValue((tokens, token), out var known))
            return known.Expires > time.GetUtcNow() ? known : null;

        var claims = tokens.Verify(token, request.Cluster);
        if (claims is null)
            return null;
        if (_verified.Count >= CacheLimit)
            _verified.Clear();
        _verified[(tokens, token)] = claims;
        return claims;
    }

    private static ApiUser FromClaims(TokenClaims claims) => claims.Use switch
    {
        TokenUse.Node => new ApiUser(ApiUser.NodePrefix + claims.Subject, [ApiUser.Nodes, ApiUser.Authenticated]),
        TokenUse.Admin => new ApiUser(claims.Subject, [ApiUser.Masters, ApiUser.Authenticated]),
        _ => new ApiUser("system:bootstrap:" + claims.Subject, [ApiUser.Bootstrappers, ApiUser.Authenticated]),
    };

    private ApiUser FromCertificate(X509Certificate2 certificate)
    {
        var now = time.GetUtcNow();
        if (now < certificate.NotBefore.ToUniversalTime() || now > certificate.NotAfter.ToUniversalTime())
            throw ApiErrors.Unauthorized();
        return _certificates.GetValue(certificate, static c => ReadSubject(c) ?? throw ApiErrors.Unauthorized());
    }

    private static ApiUser? ReadSubject(X509Certificate2 certificate)
    {
        const string commonName = "2.5.4.3", organization = "2.5.4.10";
        var name = "";
        var groups = new List<string>();
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (part.HasMultipleElements || part.GetSingleElementValue() is not { Length: > 0 } value)
                continue;
            if (part.GetSingleElementType().Value == commonName)
                name = value;
            else if (part.GetSingleElementType().Value == organization)
                groups.Add(value);
        }

        return name.Length == 0 ? null : new ApiUser(name, [.. groups, ApiUser.Authenticated]);
    }
}
