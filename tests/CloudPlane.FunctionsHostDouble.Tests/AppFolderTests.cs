namespace CloudPlane.Doubles.Tests;

/// <summary>What is refused before anything runs.</summary>
public sealed class AppFolderTests : IDisposable
{
    private readonly TestApp _app = new();

    public void Dispose() => _app.Dispose();

    [Fact]
    public void A_good_folder_is_read()
    {
        var app = FunctionApp.Load(_app.Folder, _app.Settings);
        Assert.Equal(["Api", "Version"], app.HttpFunctions.Select(f => f.Name));
        Assert.Equal(new SessionFunction("Work", "messages", "work"), Assert.Single(app.SessionFunctions));
        Assert.Equal("Seed", Assert.Single(app.TimerFunctions).Name);
        Assert.Equal(TimeSpan.FromMinutes(10), app.Host.FunctionTimeout);
        Assert.Equal(new ServiceBusSettings { MaxMessageBatchSize = 10, SessionIdleTimeout = TimeSpan.FromSeconds(1) }, app.Host.ServiceBus);
    }

    /// <summary>The triggers of this repository, with something in place of the executable.</summary>
    [Fact]
    public void The_apps_own_triggers_are_good()
    {
        var root = Root();
        var folder = _app.PathOf("own");
        Directory.CreateDirectory(folder);
        File.Copy(Path.Combine(root, "host.json"), Path.Combine(folder, "host.json"));
        File.Copy(Path.Combine(_app.Folder, "fake-handler"), Path.Combine(folder, "cloudplane"));
        foreach (var trigger in Directory.GetDirectories(Path.Combine(root, "functions/CloudPlane.Functions/Triggers")))
        {
            var target = Directory.CreateDirectory(Path.Combine(folder, Path.GetFileName(trigger)));
            File.Copy(Path.Combine(trigger, "function.json"), Path.Combine(target.FullName, "function.json"));
        }

        _app.Settings["ServiceBusConnection__fullyQualifiedNamespace"] = "bus.example";
        var routes = new HttpRoutes(FunctionApp.Load(folder, _app.Settings).HttpFunctions);
        string[] served =
        [
            "/api", "/api/v1/namespaces/default/pods", "/apis", "/apis/apps/v1", "/openapi/v2", "/openapi/v3/api/v1", "/version", "/healthz", "/livez/ping", "/readyz",
            "/cloudplane/v1/join", "/cloudplane/v1/nodes/n/tunnel", "/cloudplane/v1/nodes/n/streams/1", "/clusters/a/api/v1/pods", "/clusters/a/cloudplane/v1/join",
        ];
        foreach (var method in new[] { "GET", "HEAD", "OPTIONS" })
            Assert.All(served, path => Assert.NotNull(routes.Find(method, path)));
        foreach (var method in new[] { "POST", "PUT", "PATCH", "DELETE" })
            Assert.NotNull(routes.Find(method, "/apis/apps/v1/namespaces/default/deployments/web"));
        Assert.All(new[] { "/", "/Work", "/work", "/Seed", "/metrics" }, path => Assert.Null(routes.Find("POST", path)));
    }

    [Theory]
    [InlineData("host.json", "\"2.0\"", "\"1.0\"", "version")]
    [InlineData("host.json", "extensionBundle", "extensionBundles", "extensionBundle is missing")]
    [InlineData("host.json", "[4.0.0, 5.0.0)", "[3.*, 4.0.0)", "range of version 4")]
    [InlineData("host.json", "\"enableProxyingHttpRequest\": true", "\"enableProxyingHttpRequest\": false", "enableProxyingHttpRequest")]
    [InlineData("host.json", "\"enableProxyingHttpRequest\": true", "\"enableProxyingHttpRequest\": true, \"http\": { \"routes\": [] }", "mutually exclusive")]
    [InlineData("host.json", "\"fake-handler\"", "\"missing\"", "there is no file")]
    [InlineData("host.json", "sessionIdleTimeout", "sessionIdleTimout", "sessionIdleTimout is not known")]
    [InlineData("host.json", "\"maxMessageBatchSize\"", "\"maxConcurrentSessions\": 8, \"maxMessageBatchSize\"", "maxConcurrentSessions has no effect")]
    [InlineData("host.json", "00:10:00", "ten minutes", "functionTimeout")]
    [InlineData("host.json", "{", "{,", "host.json")]
    [InlineData("Api/function.json", "api/{*path}", "{*path}", "lets anybody call the path /Work")]
    [InlineData("Api/function.json", "api/{*path}", "{name}", "lets anybody call the path /Seed")]
    [InlineData("Api/function.json", "api/{*path}", "admin/{*path}", "reserved by the host")]
    [InlineData("Api/function.json", "api/{*path}", "runtime", "reserved by the host")]
    [InlineData("Api/function.json", "api/{*path}", "version", "the same route")]
    [InlineData("Api/function.json", "api/{*path}", "api/{", "no route template")]
    [InlineData("Api/function.json", "anonymous", "function", "authLevel")]
    [InlineData("Api/function.json", "\"get\"", "\"watch\"", "watch is not known")]
    [InlineData("Api/function.json", "\"type\": \"http\"", "\"type\": \"queue\"", "exactly one http output")]
    [InlineData("Api/function.json", "httpTrigger", "blobTrigger", "not supported")]
    [InlineData("Api/function.json", "httpTrigger", "http", "exactly one trigger")]
    [InlineData("Work/function.json", "%QUEUE%", "%OTHER%", "no app setting OTHER")]
    [InlineData("Work/function.json", "\"Bus\"", "\"Other\"", "Other__fullyQualifiedNamespace")]
    [InlineData("Work/function.json", "true", "false", "queues with sessions")]
    [InlineData("Seed/function.json", "0 */15", "*/15", "NCRONTAB")]
    public void What_would_not_run_is_refused(string file, string good, string bad, string message)
    {
        var text = _app.Read(file);
        Assert.Contains(good, text);
        _app.Write(file, text.Replace(good, bad));
        Assert.Contains(message, Refusal());
    }

    [Fact]
    public void An_executable_needs_its_permission()
    {
        File.SetUnixFileMode(Path.Combine(_app.Folder, "fake-handler"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Contains("execute permission", Refusal());
    }

    [Fact]
    public void Settings_that_flex_consumption_deprecates_are_refused()
    {
        _app.Settings["FUNCTIONS_WORKER_RUNTIME"] = "custom";
        _app.Settings.Remove("AzureWebJobsStorage__accountName");
        var refusal = Refusal();
        Assert.Contains("FUNCTIONS_WORKER_RUNTIME", refusal);
        Assert.Contains("AzureWebJobsStorage", refusal);
    }

    private string Refusal() => Assert.Throws<AppFolderException>(() => FunctionApp.Load(_app.Folder, _app.Settings)).Message;

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "CloudPlane.sln")))
            directory = directory.Parent ?? throw new InvalidOperationException("the tests run outside the repository");
        return directory.FullName;
    }
}
