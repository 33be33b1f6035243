using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;

namespace CloudPlane.EndToEnd.Tests;

/// <summary>Plain HTTPS to the API server, for what kubectl would not send.</summary>
internal static class ApiHttp
{
    /// <summary>As the administrator, or without credentials.</summary>
    public static HttpClient Client(LocalCluster cluster, bool anonymous = false)
    {
        var ca = X509Certificate2.CreateFromPem(File.ReadAllText(cluster.CaFile));
        var handler = new SocketsHttpHandler();
        handler.SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { ca },
                RevocationMode = X509RevocationMode.NoCheck,
            },
        };
        if (!anonymous && !cluster.IsCloud)
        {
            var admin = Path.Combine(cluster.Data, "pki", "admin");
            handler.SslOptions.ClientCertificates = [X509Certificate2.CreateFromPemFile(admin + ".crt", admin + ".key")];
        }

        var client = new HttpClient(handler) { BaseAddress = new Uri(cluster.Server) };
        if (!anonymous && cluster.IsCloud)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token(Path.Combine(cluster.Data, "admin.kubeconfig")));
        return client;
    }

    /// <summary>The bearer token of a kubeconfig.</summary>
    public static string Token(string kubeconfig) =>
        File.ReadLines(kubeconfig).Select(line => line.Trim()).First(line => line.StartsWith("token: ", StringComparison.Ordinal))["token: ".Length..];

    public static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");

    public static async Task<JsonDocument> GetAsync(HttpClient client, string path) => JsonDocument.Parse(await client.GetStringAsync(path));

    /// <summary>The revisions of a watch's events, until the server ends it.</summary>
    public static async Task<List<long>> WatchAsync(HttpClient client, string path)
    {
        var revisions = new List<long>();
        using var reader = new StreamReader(await client.GetStreamAsync(path));
        while (await reader.ReadLineAsync() is { } line)
        {
            // A sign of life, for proxies.
            if (line.Length == 0)
                continue;
            using var change = JsonDocument.Parse(line);
            if (change.RootElement.GetProperty("type").GetString() is "ADDED" or "MODIFIED" or "DELETED")
                revisions.Add(long.Parse(change.RootElement.GetProperty("object").GetProperty("metadata").GetProperty("resourceVersion").GetString()!));
        }

        return revisions;
    }
}
