using System.Text.Json.Nodes;

namespace CloudPlane.Doubles.Tests;

/// <summary>A test app on a host double, with a client.</summary>
internal sealed class RunningApp : IAsyncDisposable
{
    private RunningApp(TestApp app, FunctionsHostDouble host)
    {
        (App, Host) = (app, host);
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = host.Address };
    }

    public TestApp App { get; }

    public FunctionsHostDouble Host { get; }

    public HttpClient Client { get; }

    public static async Task<RunningApp> StartAsync(Func<FunctionsHostOptions, FunctionsHostOptions>? change = null, Action<TestApp>? spoil = null)
    {
        var app = new TestApp();
        spoil?.Invoke(app);
        try
        {
            var options = app.Options;
            return new RunningApp(app, await FunctionsHostDouble.StartAsync(change is null ? options : change(options), CancellationToken.None));
        }
        catch
        {
            app.Dispose();
            throw;
        }
    }

    /// <summary>What the handler saw of a request to an echoing path.</summary>
    public async Task<JsonNode> EchoAsync(string path, Action<HttpRequestMessage>? change = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Host.Address, path));
        change?.Invoke(request);
        using var response = await Client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
    }

    public async Task<int> PidAsync() => (int)(await EchoAsync("/api/pid"))["pid"]!;

    public Task OpenAsync(string gate) => Client.GetStringAsync($"/api/open?id={gate}");

    public Task WaitForAsync(string gate) =>
        Eventually.SatisfiesAsync(() => Client.GetStringAsync($"/api/is-open?id={gate}"), answer => answer == "yes", $"gate {gate} is open");

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Host.DisposeAsync();
        App.Dispose();
    }
}
