using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace CloudPlane.Functions;

/// <summary>A kubeconfig with everything embedded, so that one file is all a user copies.</summary>
internal static class Kubeconfig
{
    public static string Build(string server, X509Certificate2 ca, X509Certificate2 client)
    {
        using var key = client.GetECDsaPrivateKey()!;
        return $"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: cloudplane
              cluster:
                server: {server}
                certificate-authority-data: {Base64(ca.ExportCertificatePem())}
            users:
            - name: cloudplane-admin
              user:
                client-certificate-data: {Base64(client.ExportCertificatePem())}
                client-key-data: {Base64(key.ExportPkcs8PrivateKeyPem())}
            contexts:
            - name: cloudplane
              context:
                cluster: cloudplane
                user: cloudplane-admin
            current-context: cloudplane

            """;
    }

    /// <summary>
    /// Whether a file says the same as a built one about the server and its credentials. Anything else in it (a default namespace, other
    /// clusters) is its user's, as <c>kubectl config</c> writes it.
    /// </summary>
    public static bool Agrees(string file, string built) => Essentials(built).All(file.Contains);

    private static IEnumerable<string> Essentials(string built) =>
        from line in built.Split('\n')
        let trimmed = line.Trim()
        where trimmed.StartsWith("server:", StringComparison.Ordinal) || trimmed.Contains("-data:", StringComparison.Ordinal)
        select trimmed;

    private static string Base64(string pem) => Convert.ToBase64String(Encoding.ASCII.GetBytes(pem));
}
