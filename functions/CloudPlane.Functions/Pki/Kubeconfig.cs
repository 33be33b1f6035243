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

    private static string Base64(string pem) => Convert.ToBase64String(Encoding.ASCII.GetBytes(pem));
}
