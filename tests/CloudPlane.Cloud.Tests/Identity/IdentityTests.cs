using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CloudPlane.Doubles;
using CloudPlane.Tests.Shared;

namespace CloudPlane.Cloud.Tests;

/// <summary>
/// The published app as the template runs it: with no key of any service, but an identity whose tokens open Azurite and the bus. Azurite checks
/// a token's claims, the bus also its signature and role.
/// </summary>
public sealed class IdentityTests : IAsyncLifetime
{
    private readonly EntraAuthority _authority = new(TimeProvider.System, new Random(1));
    private readonly string _directory = Directory.CreateTempSubdirectory("cloudplane-identity-").FullName;
    private readonly string _secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    private ManagedIdentity _identity = null!;
    private LoopbackCertificate _certificate = null!;
    private AzuriteProcess _azurite = null!;
    private ServiceBusDouble _bus = null!;
    private ServiceBusDoubleServer _busServer = null!;
    private FunctionsHostDouble _host = null!;
    private HttpClient _http = null!;
    private string _deploymentToken = "";

    public async Task InitializeAsync()
    {
        var app = await PublishedApp.FindAsync();
        _deploymentToken = await CloudDeployment.DeploymentTokenAsync(app, _secret);
        _identity = new ManagedIdentity(_authority, Guid.NewGuid(), Guid.NewGuid());
        _certificate = await LoopbackCertificate.MakeAsync(_directory);
        _azurite = await AzuriteProcess.StartAsync(certificate: (_certificate.CertificateFile, _certificate.KeyFile));
        _bus = new ServiceBusDouble(TimeProvider.System, new Random(2)) { Roles = new RoleAssignments(_authority) };
        _bus.CreateQueue("work", new QueueSettings
        {
            RequiresSession = true,
            RequiresDuplicateDetection = true,
            DuplicateDetectionHistoryTimeWindow = TimeSpan.FromHours(1),
        });
        _busServer = await ServiceBusDoubleServer.StartAsync(_bus, certificate: _certificate.Certificate);
        _host = await FunctionsHostDouble.StartAsync(
            new FunctionsHostOptions
            {
                AppFolder = app,
                LogFolder = _directory,
                RunTimers = false,
                ServiceBus = _bus,
                Random = new Random(3),
                Identity = _identity,
                // As infra/modules/app.bicep sets them.
                Settings = new Dictionary<string, string>
                {
                    ["CLOUDPLANE_TABLES_ENDPOINT"] = _azurite.Endpoint.AbsoluteUri,
                    ["CLOUDPLANE_BUS_ENDPOINT"] = _busServer.Endpoint.GetLeftPart(UriPartial.Authority),
                    ["CLOUDPLANE_SIGNING_KEY"] = _secret,
                    ["CLOUDPLANE_PUBLIC_URL"] = "https://cloudplane.example",
                    ["AZURE_CLIENT_ID"] = _identity.ClientId.ToString(),
                    ["ServiceBusConnection__fullyQualifiedNamespace"] = "bus.example",
                    ["AzureWebJobsStorage__accountName"] = "account",
                    // Beside them: whom the services' certificate is trusted for.
                    ["SSL_CERT_FILE"] = _certificate.CertificateFile,
                },
            },
            CancellationToken.None);
        _http = new HttpClient { BaseAddress = _host.Address };
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _host.DisposeAsync();
        await _busServer.DisposeAsync();
        _azurite.Dispose();
        _certificate.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task An_app_without_any_key_serves_works_and_makes_queues_for_nodes()
    {
        _bus.Roles!.Assign(_identity.ObjectId, AccessRights.All);
        await PostAsync("/cloudplane/v1/clusters", """{"name":"team"}""", _deploymentToken);
        var kubeconfig = await PostAsync("/cloudplane/v1/clusters/team/kubeconfig", "", _deploymentToken);
        var admin = kubeconfig.Split('\n').Select(line => line.Trim()).Single(line => line.StartsWith("token: ", StringComparison.Ordinal))["token: ".Length..];
        await PostAsync("/clusters/team/apis/apps/v1/namespaces/default/deployments", """
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web"},"spec":{"replicas":2,"selector":{"matchLabels":{"app":"web"}},
             "template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"none"}]}}}}
            """, admin);
        // Its controllers have heard of it through the queue, and written.
        await Retry.UntilNullAsync(async () =>
            (await GetAsync("/clusters/team/api/v1/namespaces/default/pods", admin))["items"]!.AsArray().Count is 2 ? null : "no two pods yet");

        var join = JsonNode.Parse(await PostAsync("/cloudplane/v1/clusters/team/join-token", "", _deploymentToken))!;
        var node = JsonNode.Parse(await PostAsync("/clusters/team/cloudplane/v1/join", """{"nodeName":"n1"}""", (string)join["token"]!))!;
        var link = JsonNode.Parse(await PostAsync("/clusters/team/cloudplane/v1/nodes/n1/wakeup", "", (string)node["token"]!))!;
        var queue = new Uri((string)link["queue"]!).AbsolutePath.Trim('/');
        var made = _bus.Queue(queue);
        Assert.Equal(AccessRights.Listen, Assert.Single(made.Settings.Rules).Rights);
        // It sees no keys, and still knows the queue for its own.
        await PostAsync("/clusters/team/cloudplane/v1/nodes/n1/wakeup", "", (string)node["token"]!);
        Assert.Same(made, _bus.Queue(queue));
    }

    [Fact]
    public async Task Without_its_role_on_the_bus_commits_stand_and_say_nothing_of_tokens()
    {
        await PostAsync("/cloudplane/v1/clusters", """{"name":"team"}""", _deploymentToken);
        var join = JsonNode.Parse(await PostAsync("/cloudplane/v1/clusters/team/join-token", "", _deploymentToken))!;
        var node = JsonNode.Parse(await PostAsync("/clusters/team/cloudplane/v1/join", """{"nodeName":"n1"}""", (string)join["token"]!))!;
        using var refused = await SendAsync(HttpMethod.Post, "/clusters/team/cloudplane/v1/nodes/n1/wakeup", "", (string)node["token"]!);
        Assert.Equal(503, (int)refused.StatusCode);
        Assert.DoesNotContain("eyJ", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.All(Directory.GetFiles(_directory, "*.log"), log => Assert.DoesNotContain("eyJ", File.ReadAllText(log), StringComparison.Ordinal));
    }

    private async Task<JsonNode> GetAsync(string path, string token)
    {
        using var response = await SendAsync(HttpMethod.Get, path, "", token);
        return JsonNode.Parse(await response.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!;
    }

    private async Task<string> PostAsync(string path, string body, string token)
    {
        using var response = await SendAsync(HttpMethod.Post, path, body, token);
        var answer = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {answer}\n{string.Join('\n', Directory.GetFiles(_directory, "*.log").SelectMany(File.ReadLines))}");
        return answer;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string body, string token)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await _http.SendAsync(request);
    }
}
