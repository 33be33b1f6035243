using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CloudPlane.Functions;

/// <summary>
/// The cluster's secrets in <c>DIR/pki</c>, made at first start and kept: the CA, the key that signs tokens, the server's and the
/// administrator's certificates. Leaf certificates are renewed when a third of their life is left, or when the server's names change.
/// </summary>
internal sealed class ClusterKeys : IDisposable
{
    private readonly string _directory;
    private readonly TimeProvider _time;
    private readonly CertificateAuthority _authority;

    private ClusterKeys(string directory, TimeProvider time, CertificateAuthority authority, ECDsa signingKey)
    {
        (_directory, _time, _authority, SigningKey) = (directory, time, authority, signingKey);
    }

    /// <summary>Signs join, node and administrator tokens (ES256).</summary>
    public ECDsa SigningKey { get; }

    /// <summary>The CA's certificate, without its key.</summary>
    public X509Certificate2 CaCertificate => _authority.Certificate;

    /// <summary>Where the CA's certificate is, for agents' <c>--ca</c>.</summary>
    public static string CaPath(string dataDirectory) => Path.Combine(dataDirectory, "pki", "ca.crt");

    /// <summary>Opens the keys of a data directory, making what is missing.</summary>
    /// <exception cref="StartupException">A file is there but unreadable: it is never replaced, every credential hangs on it.</exception>
    public static ClusterKeys OpenOrCreate(string dataDirectory, TimeProvider time)
    {
        var directory = Path.Combine(dataDirectory, "pki");
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return new ClusterKeys(directory, time, OpenAuthority(directory, time), OpenSigningKey(directory));
    }

    /// <summary>The token signing key of a data directory that a control plane has started in before.</summary>
    /// <exception cref="StartupException">There is none.</exception>
    public static ECDsa OpenSigningKeyOnly(string dataDirectory)
    {
        var path = Path.Combine(dataDirectory, "pki", "signing.key");
        return File.Exists(path)
            ? ReadKey(path)
            : throw new StartupException($"{path} does not exist: start the control plane in this directory first (cloudplane serve --data {dataDirectory})");
    }

    /// <summary>The server's certificate for these hosts, from disk when it still fits.</summary>
    public X509Certificate2 ServerCertificate(IReadOnlyCollection<string> hosts)
    {
        var current = ReadLeaf("server");
        if (current is not null && IsFresh(current) && hosts.All(host => current.MatchesHostname(host, allowWildcards: false, allowCommonName: false)))
            return current;
        current?.Dispose();
        return SaveLeaf("server", _authority.IssueServer(hosts));
    }

    /// <summary>The administrator's client certificate: group system:masters, as kubeadm's admin.conf.</summary>
    public X509Certificate2 AdminCertificate()
    {
        var current = ReadLeaf("admin");
        if (current is not null && IsFresh(current))
            return current;
        current?.Dispose();
        return SaveLeaf("admin", _authority.IssueClient("kubernetes-admin", "system:masters"));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        SigningKey.Dispose();
        _authority.Dispose();
    }

    private bool IsFresh(X509Certificate2 certificate)
    {
        var lifetime = certificate.NotAfter - certificate.NotBefore;
        return certificate.NotAfter.ToUniversalTime() - _time.GetUtcNow().UtcDateTime > lifetime / 3;
    }

    private static CertificateAuthority OpenAuthority(string directory, TimeProvider time)
    {
        var (certificatePath, keyPath) = (Path.Combine(directory, "ca.crt"), Path.Combine(directory, "ca.key"));
        if (File.Exists(certificatePath))
            return new CertificateAuthority(ReadCertificate(certificatePath, keyPath), time);

        var authority = CertificateAuthority.Create(time);
        WritePair(authority.Certificate, certificatePath, keyPath);
        return authority;
    }

    private static ECDsa OpenSigningKey(string directory)
    {
        var path = Path.Combine(directory, "signing.key");
        if (File.Exists(path))
            return ReadKey(path);

        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        PrivateFile.Write(path, key.ExportPkcs8PrivateKeyPem());
        return key;
    }

    private X509Certificate2? ReadLeaf(string name)
    {
        var (certificatePath, keyPath) = LeafPaths(name);
        if (!File.Exists(certificatePath))
            return null;

        // A leaf of another CA (the directory was rebuilt by hand) is worthless: issue a new one.
        var leaf = ReadCertificate(certificatePath, keyPath);
        if (leaf.IssuerName.RawData.AsSpan().SequenceEqual(CaCertificate.SubjectName.RawData))
            return leaf;
        leaf.Dispose();
        return null;
    }

    private X509Certificate2 SaveLeaf(string name, X509Certificate2 certificate)
    {
        var (certificatePath, keyPath) = LeafPaths(name);
        WritePair(certificate, certificatePath, keyPath);
        return certificate;
    }

    private (string Certificate, string Key) LeafPaths(string name) =>
        (Path.Combine(_directory, name + ".crt"), Path.Combine(_directory, name + ".key"));

    // The key first: a crash between the two leaves no certificate without its key.
    private static void WritePair(X509Certificate2 certificate, string certificatePath, string keyPath)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        PrivateFile.Write(keyPath, key.ExportPkcs8PrivateKeyPem());
        PrivateFile.Write(certificatePath, certificate.ExportCertificatePem());
    }

    private static X509Certificate2 ReadCertificate(string certificatePath, string keyPath)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(certificatePath, keyPath);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"can't read {certificatePath} with {keyPath}: {e.Message}", e);
        }
    }

    private static ECDsa ReadKey(string path)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(path));
            return key;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            key.Dispose();
            throw new StartupException($"can't read the key {path}: {e.Message}", e);
        }
    }
}
