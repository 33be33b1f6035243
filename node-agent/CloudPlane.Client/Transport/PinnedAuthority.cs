using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CloudPlane.Client;

/// <summary>Trusts the certificates of one file and nothing else; the name in the server's certificate must match.</summary>
internal sealed class PinnedAuthority
{
    private readonly X509Certificate2Collection _authorities = [];

    /// <exception cref="InvalidDataException">The file can't be read or holds no certificate.</exception>
    public PinnedAuthority(string file)
    {
        try
        {
            _authorities.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new InvalidDataException($"the CA file {file} can't be read: {e.Message}", e);
        }
        if (_authorities.Count == 0) throw new InvalidDataException($"the CA file {file} holds no certificate");
    }

    public bool Accepts(object sender, X509Certificate? certificate, X509Chain? presented, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 server || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        // A private CA publishes no revocation list.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        if (presented is not null)
            foreach (var element in presented.ChainElements) chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        return chain.Build(server);
    }
}
