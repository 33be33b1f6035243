using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace CloudPlane.Functions;

/// <summary>A kubeconfig with everything embedded, so that one file is all a user copies.</summary>
internal static class Kubeconfig
{
    /// <summary>For a client certificate, and a server with the cluster's own CA.</summary>
    public static string Build(string server, X509Certificate2 ca, X509Certificate2 client)
    {
        using var key = client.GetECDsaPrivateKey()!;
        return Build("cloudplane", server, [$"certificate-authority-data: {Base64(ca.ExportCertificatePem())}"],
        [
            $"client-certificate-data: {Base64(client.ExportCertificatePem())}",
            $"client-key-data: {Base64(key.ExportPkcs8PrivateKeyPem())}",
        ]);
    }

    /// <summary>For a bearer token, and a server whose certificate everybody trusts.</summary>
    public static string Build(string server, string cluster, string token) => Build(cluster, server, [], [$"token: {token}"]);

    /// <summary>One that was built for a server that everybody trusts, for those who trust it by this authority.</summary>
    public static string Trusting(string kubeconfig, string authorityPem)
    {
        const string server = "    server: ";
        var lines = kubeconfig.Split('\n').ToList();
        lines.Insert(lines.FindIndex(line => line.StartsWith(server, StringComparison.Ordinal)) + 1, $"    certificate-authority-data: {Base64(authorityPem)}");
        return string.Join('\n', lines);
    }

    private static string Build(string name, string server, string[] trust, string[] credentials) => $"""
        apiVersion: v1
        kind: Config
        clusters:
        - name: {name}
          cluster:
            {string.Join("\n    ", [$"server: {server}", .. trust])}
        users:
        - name: {name}-admin
          user:
            {string.Join("\n    ", credentials)}
        contexts:
        - name: {name}
          context:
            cluster: {name}
            user: {name}-admin
        current-context: {name}

        """;

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
