using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CloudPlane.Client;

namespace CloudPlane.Functions;

/// <summary><c>cloudplane cluster ...</c>: makes, lists and deletes the clusters of a deployment in the cloud, over its API.</summary>
internal static class ClusterCommand
{
    private const string Path = "/cloudplane/v1/clusters";

    // Deleting a large cluster, or a cold start with slow tables.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(100);

    private static readonly Setting[] Deployment =
    [
        new("server", "URL", "the deployment, e.g. https://APP.azurewebsites.net"),
        new("ca", "FILE", "certificate that the deployment is trusted by, where the system does not"),
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

    public static async Task KubeconfigAsync(string name, Settings settings, TextWriter output)
    {
        var kubeconfig = await SendAsync(settings, HttpMethod.Post, $"/{Uri.EscapeDataString(name)}/kubeconfig{Lifetime(settings)}");
        // Whoever needs it to reach the deployment needs it for the cluster, too. It could be read a moment ago.
        await output.WriteAsync(settings.Find("ca") is { } authority ? CloudPlane.Functions.Kubeconfig.Trusting(kubeconfig, await File.ReadAllTextAsync(authority)) : kubeconfig);
    }

    public static async Task JoinTokenAsync(string name, Settings settings, TextWriter output) =>
        await output.WriteLineAsync((string?)Parse(await SendAsync(settings, HttpMethod.Post, $"/{Uri.EscapeDataString(name)}/join-token{Lifetime(settings)}"))["token"]);

    private static string Lifetime(Settings settings) => settings.Find("ttl") is { } ttl ? $"?ttl={Uri.EscapeDataString(ttl)}" : "";

    /// <exception cref="StartupException">The deployment can't be reached, or refuses; says why in its words.</exception>
    private static async Task<string> SendAsync(Settings settings, HttpMethod method, string path, string? body = null)
    {
        var server = settings.Get("server").TrimEnd('/');
        if (!Uri.TryCreate($"{server}/", UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new SettingsException($"--server: \"{server}\" is no http or https address");
        var token = settings.Get("token");
        try
        {
            using var transport = new HttpApiTransport(new HttpApiTransportOptions
            {
                Server = address,
                CaFile = settings.Find("ca"),
                UseProxy = true,
                BearerToken = _ => ValueTask.FromResult<string?>(token),
                CallTimeout = Patience,
            });
            var call = new ApiCall(method.Method, Path + path, body is null ? default : Encoding.UTF8.GetBytes(body), body is null ? null : "application/json");
            var answer = await transport.SendAsync(call, default);
            var text = Encoding.UTF8.GetString(answer.Body.Span);
            return answer.StatusCode is >= 200 and < 300 ? text : throw new StartupException(Reason(text) ?? $"{server}{Path}{path} answered {answer.StatusCode}");
        }
        catch (InvalidDataException e)
        {
            throw new SettingsException($"--ca: {e.Message}");
        }
        catch (ApiUnreachableException e)
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
