using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Functions;

/// <summary><c>cloudplane cluster ...</c>: makes, lists and deletes the clusters of a deployment in the cloud, over its API.</summary>
internal static class ClusterCommand
{
    private const string Path = "cloudplane/v1/clusters";

    private static readonly Setting[] Deployment =
    [
        new("server", "URL", "the deployment, e.g. https://APP.azurewebsites.net"),
        new("token", "TOKEN", "of an administrator of the deployment (cloudplane deployment token); better given in the environment"),
    ];

    private static readonly Setting TokenLifetime = new("ttl", "DURATION", "how long the credential is good for, e.g. 24h or 30d");

    public static SettingsSchema Create { get; } = new("cloudplane cluster create NAME", "Makes a cluster and prints where it is.", Deployment);

    public static SettingsSchema List { get; } = new("cloudplane cluster list", "Lists the clusters.", Deployment);

    public static SettingsSchema Delete { get; } = new("cloudplane cluster delete NAME", "Deletes a cluster with everything in it.", Deployment);

    public static SettingsSchema Kubeconfig { get; } = new(
        "cloudplane cluster kubeconfig NAME", "Prints a kubeconfig for an administrator of the cluster.", [.. Deployment, TokenLifetime]);

    public static SettingsSchema JoinToken { get; } = new(
        "cloudplane cluster join-token NAME", "Prints a token with which a node may join the cluster.", [.. Deployment, TokenLifetime]);

    public static async Task CreateAsync(string name, Settings settings, TextWriter output)
    {
        var made = Parse(await SendAsync(settings, HttpMethod.Post, "", new JsonObject { ["name"] = name }.ToJsonString()));
        await output.WriteLineAsync($"cluster {name} created: {made["server"]}");
    }

    public static async Task ListAsync(Settings settings, TextWriter output)
    {
        var clusters = Parse(await SendAsync(settings, HttpMethod.Get, ""))["items"]!.AsArray();
        var rows = clusters.Select(cluster => ((string?)cluster!["name"] ?? "", (string?)cluster["creationTimestamp"] ?? "", (string?)cluster["server"] ?? "")).ToList();
        var width = Math.Max(4, rows.Select(row => row.Item1.Length).DefaultIfEmpty().Max());
        await output.WriteLineAsync($"{"NAME".PadRight(width)}   {"CREATED",-20}   SERVER");
        foreach (var (name, created, server) in rows)
            await output.WriteLineAsync($"{name.PadRight(width)}   {created,-20}   {server}");
    }

    public static async Task DeleteAsync(string name, Settings settings, TextWriter output)
    {
        await SendAsync(settings, HttpMethod.Delete, $"/{Uri.EscapeDataString(name)}");
        await output.WriteLineAsync($"cluster {name} deleted");
    }

    public static async Task KubeconfigAsync(string name, Settings settings, TextWriter output) =>
        await output.WriteAsync(await SendAsync(settings, HttpMethod.Post, $"/{Uri.EscapeDataString(name)}/kubeconfig{Lifetime(settings)}"));

    public static async Task JoinTokenAsync(string name, Settings settings, TextWriter output) =>
        await output.WriteLineAsync((string?)Parse(await SendAsync(settings, HttpMethod.Post, $"/{Uri.EscapeDataString(name)}/join-token{Lifetime(settings)}"))["token"]);

    private static string Lifetime(Settings settings) => settings.Find("ttl") is { } ttl ? $"?ttl={Uri.EscapeDataString(ttl)}" : "";

    /// <exception cref="StartupException">The deployment can't be reached, or refuses; says why in its words.</exception>
    private static async Task<string> SendAsync(Settings settings, HttpMethod method, string path, string? body = null)
    {
        var server = settings.Get("server").TrimEnd('/');
        if (!Uri.TryCreate($"{server}/{Path}{path}", UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new SettingsException($"--server: \"{server}\" is no http or https address");
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(method, address) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", settings.Get("token"));
        try
        {
            using var response = await client.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            return response.IsSuccessStatusCode ? text : throw new StartupException(Reason(text) ?? $"{address} answered {(int)response.StatusCode}");
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            throw new StartupException($"{address.Authority} can't be reached: {e.Message}", e);
        }
    }

    private static string? Reason(string text)
    {
        try
        {
            return (string?)(JsonNode.Parse(text) as JsonObject)?["message"];
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static JsonObject Parse(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject ?? throw new StartupException("the deployment's answer is no JSON object");
        }
        catch (JsonException e)
        {
            throw new StartupException($"the deployment's answer is no JSON: {e.Message}", e);
        }
    }
}
