using System.Diagnostics;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CloudPlane.Client;
using CloudPlane.Doubles;
using CloudPlane.Tests.Shared;

namespace CloudPlane.Cloud.Tests;

/// <summary>
/// The published function app on the doubles: Azurite behind a proxy, Service Bus, and the Functions host with two HTTP instances, all of
/// one's own.
/// </summary>
internal sealed class CloudDeployment : IAsyncDisposable
{
    private const string Work = "work";

    // Where Azurite keeps what it has over a restart.
    private const string TablesFile = "tables.json";

    private readonly ServiceBusDoubleServer _busServer;
    private readonly string _logs;
    private readonly List<HttpApiTransport> _transports = [];
    private readonly string _deploymentToken;
    private AzuriteProcess _azurite;

    private CloudDeployment(AzuriteProcess azurite, TableProxy tables, ServiceBusDoubleServer bus, FunctionsHostDouble host, string logs, string deploymentToken)
    {
        (_azurite, Tables, _busServer, Host, _logs, _deploymentToken) = (azurite, tables, bus, host, logs, deploymentToken);
        Http = new HttpClient { BaseAddress = host.Address, Timeout = TimeSpan.FromMinutes(2) };
    }

    public TableProxy Tables { get; }

    public FunctionsHostDouble Host { get; }

    public ServiceBusDouble Bus => _busServer.Bus;

    /// <summary>Messages that the work queue gave up and nobody has taken from there yet.</summary>
    public long DeadLetters => Bus.Find(Work)?.Counts.DeadLetter ?? 0;

    /// <summary>Messages that the work queue holds and could deliver now, those under way included.</summary>
    public long Waiting => Bus.Find(Work)?.Counts.Active ?? 0;

    /// <summary>For requests that no typed client makes.</summary>
    public HttpClient Http { get; }

    /// <summary>Starts all of it. No handler runs before the first request.</summary>
    /// <param name="seed">Of all chance.</param>
    /// <param name="options">How it differs from other tests' deployments.</param>
    public static async Task<CloudDeployment> StartAsync(int seed, DeploymentOptions options)
    {
        var app = await PublishedApp.FindAsync();
        var logs = Directory.CreateTempSubdirectory("cloudplane-cloud-").FullName;
        var secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        var azurite = await AzuriteProcess.StartAsync(0, options.KeepsTables ? Path.Combine(logs, TablesFile) : null);
        var tables = await TableProxy.StartAsync(azurite.Endpoint);
        var bus = new ServiceBusDouble(TimeProvider.System, new Random(seed));
        // As the template has it, but for the lock, which tests may shorten.
        bus.CreateQueue(Work, new QueueSettings
        {
            RequiresSession = true,
            RequiresDuplicateDetection = true,
            DuplicateDetectionHistoryTimeWindow = TimeSpan.FromHours(1),
            LockDuration = options.SessionLock,
        });
        var busServer = await ServiceBusDoubleServer.StartAsync(bus);
        var host = await FunctionsHostDouble.StartAsync(
            new FunctionsHostOptions
            {
                AppFolder = app,
                LogFolder = logs,
                HttpInstances = Math.Min(2, options.Instances),
                MaximumInstances = options.Instances,
                InstanceMemoryMB = 512,
                ScaleToZeroAfter = options.Idle,
                // By hand: half an hour is too long for a test.
                RunTimers = false,
                ServiceBus = bus,
                Random = new Random(seed + 1),
                Settings = new Dictionary<string, string>
                {
                    ["CLOUDPLANE_TABLES_ENDPOINT"] = tables.Endpoint.AbsoluteUri,
                    ["CLOUDPLANE_TABLES_KEY"] = AzuriteProcess.Key,
                    ["CLOUDPLANE_BUS_ENDPOINT"] = busServer.Endpoint.GetLeftPart(UriPartial.Authority),
                    ["CLOUDPLANE_BUS_KEY"] = bus.RootKey,
                    ["CLOUDPLANE_SIGNING_KEY"] = secret,
                    ["CLOUDPLANE_PUBLIC_URL"] = "https://cloudplane.example",
                    // No node is to be given up because the machine that runs the tests is slow.
                    ["CLOUDPLANE_HEARTBEAT"] = "1m",
                    ["CLOUDPLANE_NODE_GRACE"] = "30m",
                    ["ServiceBusConnection__fullyQualifiedNamespace"] = "bus.example",
                    ["AzureWebJobsStorage"] = "UseDevelopmentStorage=true",
                },
            },
            CancellationToken.None);
        return new CloudDeployment(azurite, tables, busServer, host, logs, await DeploymentTokenAsync(app, secret));
    }

    /// <summary>A client of a cluster, as its administrator.</summary>
    public async Task<ApiClient> ClientAsync(string cluster)
    {
        var token = await AdminTokenAsync(cluster);
        var transport = new HttpApiTransport(new HttpApiTransportOptions
        {
            Server = cluster == "default" ? Host.Address : new Uri(Host.Address, $"/clusters/{cluster}"),
            BearerToken = _ => ValueTask.FromResult<string?>(token),
            // Throttled tables and cold instances may well need that long.
            CallTimeout = TimeSpan.FromMinutes(1),
        });
        _transports.Add(transport);
        return new ApiClient(transport);
    }

    /// <summary>The token of the kubeconfig that the deployment makes for a cluster.</summary>
    public async Task<string> AdminTokenAsync(string cluster)
    {
        var kubeconfig = await AdministerAsync(HttpMethod.Post, $"/cloudplane/v1/clusters/{cluster}/kubeconfig", null);
        return kubeconfig.Split('\n').Select(line => line.Trim()).Single(line => line.StartsWith("token: ", StringComparison.Ordinal))["token: ".Length..];
    }

    public Task CreateClusterAsync(string name) => AdministerAsync(HttpMethod.Post, "/cloudplane/v1/clusters", $$"""{"name":"{{name}}"}""");

    /// <summary>
    /// What an agent does first: joins with a token, and asks how it is rung; returns the queue's address and the token for it. The cluster is
    /// seeded from then on.
    /// </summary>
    public async Task<(string Queue, string Token)> LinkAsync(string cluster, string node)
    {
        var join = Token(await AdministerAsync(HttpMethod.Post, $"/cloudplane/v1/clusters/{cluster}/join-token", null));
        var own = Token(await SendAsync(HttpMethod.Post, $"/clusters/{cluster}/cloudplane/v1/join", join, $$"""{"nodeName":"{{node}}"}"""));
        var link = JsonNode.Parse(await SendAsync(HttpMethod.Post, $"/clusters/{cluster}/cloudplane/v1/nodes/{node}/wakeup", own, null))!;
        return ((string)link["queue"]!, (string)link["token"]!);

        static string Token(string answer) => (string)JsonNode.Parse(answer)!["token"]!;
    }

    /// <summary>Runs the timer's function until it succeeds.</summary>
    public Task FireSeedAsync() => Retry.UntilNullAsync(async () => await Host.FireTimerAsync("Seed") ? null : "Seed failed");

    /// <summary>Status of a GET with this bearer token.</summary>
    public async Task<int> StatusAsync(string path, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await Http.SendAsync(request);
        return (int)response.StatusCode;
    }

    /// <summary>
    /// Azurite ends and starts anew on its port, with all that it acknowledged. Connections break before it ends: of the requests under way
    /// some are carried out and none is answered, as when a server in Azure fails and another takes over.
    /// </summary>
    /// <param name="outage">How long nothing is there.</param>
    public async Task RestartTablesAsync(TimeSpan outage)
    {
        Tables.GoAway();
        await _azurite.StopAsync();
        var port = _azurite.Port;
        _azurite.Dispose();
        await Task.Delay(outage);
        _azurite = await AzuriteProcess.StartAsync(port, Path.Combine(_logs, TablesFile));
        Tables.ComeBack();
    }

    /// <summary>What is known when something went wrong.</summary>
    public string Describe()
    {
        var text = new StringBuilder();
        text.AppendLine($"queue: {Bus.Find(Work)?.Counts}; instances: {string.Join(", ", Host.Instances.Select(i => $"{i.Id} ready={i.IsReady}"))}");
        foreach (var file in Directory.EnumerateFiles(_logs, "*.log").Order(StringComparer.Ordinal))
            text.AppendLine($"--- {Path.GetFileName(file)}").AppendLine(string.Join('\n', File.ReadLines(file).TakeLast(8)));
        return text.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        foreach (var transport in _transports)
            transport.Dispose();
        await Host.DisposeAsync();
        await _busServer.DisposeAsync();
        await Tables.DisposeAsync();
        _azurite.Dispose();
        Directory.Delete(_logs, recursive: true);
    }

    private Task<string> AdministerAsync(HttpMethod method, string path, string? body) => SendAsync(method, path, _deploymentToken, body);

    private async Task<string> SendAsync(HttpMethod method, string path, string token, string? body)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await Http.SendAsync(request);
        var answer = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {(int)response.StatusCode} {answer}");
        return answer;
    }

    /// <summary>As its administrator prints it, who knows the secret.</summary>
    public static async Task<string> DeploymentTokenAsync(string app, string secret)
    {
        var start = new ProcessStartInfo(Path.Combine(app, "cloudplane")) { RedirectStandardOutput = true, ArgumentList = { "deployment", "token" } };
        start.Environment["CLOUDPLANE_SIGNING_KEY"] = secret;
        using var process = Process.Start(start)!;
        var token = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return token.Trim();
    }
}
