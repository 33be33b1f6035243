using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CloudPlane.Cloud.Tests;

/// <summary>A certificate for services on 127.0.0.1, which are its own authority, with its files in a directory.</summary>
internal sealed class LoopbackCertificate : IDisposable
{
    private LoopbackCertificate(X509Certificate2 certificate, string directory)
    {
        (Certificate, CertificateFile, KeyFile) = (certificate, Path.Combine(directory, "tls.crt"), Path.Combine(directory, "tls.key"));
    }

    /// <summary>With its key.</summary>
    public X509Certificate2 Certificate { get; }

    public string CertificateFile { get; }

    public string KeyFile { get; }

    public static async Task<LoopbackCertificate> MakeAsync(string directory)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, true));
        var made = new LoopbackCertificate(request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1)), directory);
        await File.WriteAllTextAsync(made.CertificateFile, made.Certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(made.KeyFile, key.ExportPkcs8PrivateKeyPem());
        return made;
    }

    public void Dispose() => Certificate.Dispose();
}
