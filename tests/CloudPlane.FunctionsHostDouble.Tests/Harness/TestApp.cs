using System.Runtime.InteropServices;

namespace CloudPlane.Doubles.Tests;

/// <summary>A function app with the fake handler, in a directory that goes away. Tests spoil its files to see them refused.</summary>
internal sealed class TestApp : IDisposable
{
    private const string Host = """
        {
          "version": "2.0",
          "functionTimeout": "00:10:00",
          "customHandler": { "description": { "defaultExecutablePath": "fake-handler" }, "enableProxyingHttpRequest": true },
          "extensionBundle": { "id": "Microsoft.Azure.Functions.ExtensionBundle", "version": "[4.0.0, 5.0.0)" },
          "extensions": {
            "http": { "routePrefix": "" },
            "serviceBus": { "maxMessageBatchSize": 10, "sessionIdleTimeout": "00:00:01" }
          }
        }
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("cloudplane-host-double-").FullName;

    public TestApp()
    {
        Directory.CreateDirectory(Folder);
        Directory.CreateDirectory(PathOf("envelopes"));
        foreach (var file in Directory.GetFiles(AppContext.BaseDirectory, "fake-handler*"))
            File.Copy(file, Path.Combine(Folder, Path.GetFileName(file)));
        Write("host.json", Host);
        WriteHttp("Api", "api/{*path}", "get", "post", "options");
        WriteHttp("Version", "version", "get");
        WriteFunction("Work", """{ "type": "serviceBusTrigger", "direction": "in", "name": "messages", "queueName": "%QUEUE%", "connection": "Bus", "isSessionsEnabled": true, "cardinality": "many", "dataType": "string" }""");
        WriteFunction("Seed", """{ "type": "timerTrigger", "direction": "in", "name": "timer", "schedule": "0 */15 * * * *" }""");
        Settings = new Dictionary<string, string>
        {
            ["QUEUE"] = "work",
            ["Bus__fullyQualifiedNamespace"] = "bus.example",
            ["AzureWebJobsStorage__accountName"] = "account",
            ["ENVELOPES"] = PathOf("envelopes"),
            ["ANSWER"] = PathOf("answer"),
            // The fake handler is not self-contained.
            ["DOTNET_ROOT"] = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../..")),
        };
    }

    public string Folder => PathOf("app");

    public Dictionary<string, string> Settings { get; }

    public FunctionsHostOptions Options => new()
    {
        AppFolder = Folder,
        LogFolder = PathOf("log"),
        Settings = Settings,
        ScaleToZeroAfter = TimeSpan.FromMinutes(5),
        RunTimers = false,
    };

    /// <summary>Beside the app's folder.</summary>
    public string PathOf(string name) => Path.Combine(_directory, name);

    public string Read(string file) => File.ReadAllText(Path.Combine(Folder, file));

    public void Write(string file, string text)
    {
        var path = Path.Combine(Folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    public void WriteHttp(string name, string route, params string[] methods) => Write($"{name}/function.json", $$"""
        { "bindings": [
          { "type": "httpTrigger", "direction": "in", "name": "request", "authLevel": "anonymous", "route": "{{route}}", "methods": [{{string.Join(',', methods.Select(m => $"\"{m}\""))}}] },
          { "type": "http", "direction": "out", "name": "response" } ] }
        """);

    public void WriteFunction(string name, string binding) => Write($"{name}/function.json", $$"""{ "bindings": [ {{binding}} ] }""");

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
