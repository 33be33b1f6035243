using System.Text.RegularExpressions;

namespace CloudPlane.Doubles;

/// <summary>Reads host.json and each function.json below a folder; what is wrong goes into <paramref name="faults"/>.</summary>
internal sealed partial class AppFolderReader(string folder, IReadOnlyDictionary<string, string> settings, List<string> faults)
{
    private const string Bundle = "Microsoft.Azure.Functions.ExtensionBundle";
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly List<HttpFunction> _http = [];
    private readonly List<SessionFunction> _sessions = [];
    private readonly List<TimerFunction> _timers = [];

    public FunctionApp? Read()
    {
        RefuseDeprecatedSettings();
        var host = File.Exists(Path.Combine(folder, "host.json")) ? ReadHost() : Missing("host.json");
        if (host is null)
            return null;
        foreach (var directory in Directory.GetDirectories(folder).Order(StringComparer.Ordinal))
        {
            if (File.Exists(Path.Combine(directory, "function.json")))
                ReadFunction(Path.GetFileName(directory), host);
        }

        if (_http.Count + _sessions.Count + _timers.Count == 0)
            faults.Add("no folder with a function.json");
        HttpRouteRules.Check(_http, [.. _sessions.Select(f => f.Name), .. _timers.Select(f => f.Name)], faults);
        return new FunctionApp { Folder = folder, Host = host, HttpFunctions = _http, SessionFunctions = _sessions, TimerFunctions = _timers };
    }

    private HostJson? Missing(string file)
    {
        faults.Add($"{file} is missing");
        return null;
    }

    /// <summary>Flex Consumption refuses a deployment with them; functionAppConfig has taken their place.</summary>
    private void RefuseDeprecatedSettings()
    {
        foreach (var name in settings.Keys)
        {
            if (name is "FUNCTIONS_WORKER_RUNTIME" or "FUNCTIONS_EXTENSION_VERSION" or "WEBSITE_RUN_FROM_PACKAGE" || name.StartsWith("WEBSITE_CONTENT", StringComparison.Ordinal))
                faults.Add($"app setting {name}: deprecated on Flex Consumption, must not be set");
            else if (name.StartsWith("FUNCTIONS_CUSTOMHANDLER_", StringComparison.Ordinal) || name.StartsWith("FUNCTIONS_HTTPWORKER_", StringComparison.Ordinal))
                faults.Add($"app setting {name}: is the host's to set");
        }
    }

    private HostJson? ReadHost()
    {
        if (JsonMembers.Read(Path.Combine(folder, "host.json"), "host.json", faults) is not { } json)
            return null;
        if (json.Text("version") != "2.0")
            json.Fault("version must be \"2.0\"");
        json.RefuseOthers("version", "functionTimeout", "customHandler", "extensionBundle", "extensions", "logging", "singleton", "healthMonitor", "aggregator", "concurrency", "retry");
        CheckBundle(json);
        if (json.Object("customHandler") is not { } handler)
        {
            json.Fault("customHandler is missing");
            return null;
        }

        handler.RefuseOthers("description", "enableProxyingHttpRequest", "enableForwardingHttpRequest", "http", "port");
        if (handler.Flag("enableProxyingHttpRequest") != true)
            handler.Fault("enableProxyingHttpRequest must be true: without it HTTP is buffered");
        if (handler.Flag("enableForwardingHttpRequest") == true)
            handler.Fault("enableForwardingHttpRequest contradicts enableProxyingHttpRequest");
        if (handler.Object("http")?.Has("routes") == true)
            handler.Fault("http.routes and function.json files are mutually exclusive");
        if (handler.Has("port"))
            handler.Fault("port: a fixed port is not supported here");
        return handler.Object("description") is { } description ? ReadHost(json, description) : MissingDescription(handler);
    }

    private static HostJson? MissingDescription(JsonMembers handler)
    {
        handler.Fault("description is missing");
        return null;
    }

    private HostJson ReadHost(JsonMembers json, JsonMembers description)
    {
        description.RefuseOthers("defaultExecutablePath", "arguments", "workingDirectory");
        var extensions = json.Object("extensions");
        extensions?.RefuseOthers("http", "serviceBus");
        return new HostJson
        {
            Executable = Executable(description),
            Arguments = [.. (description.Texts("arguments") ?? []).Select(argument => Expand(argument, description))],
            WorkingDirectory = Path.GetFullPath(Path.Combine(folder, description.Text("workingDirectory") ?? "")),
            RoutePrefix = extensions?.Object("http")?.Text("routePrefix") ?? "api",
            FunctionTimeout = json.Text("functionTimeout") == "-1" ? null : json.Duration("functionTimeout", TimeSpan.FromMinutes(30)),
            ServiceBus = extensions?.Object("serviceBus") is { } bus ? ReadServiceBus(bus) : new ServiceBusSettings(),
        };
    }

    private string Executable(JsonMembers description)
    {
        var path = Path.GetFullPath(Path.Combine(folder, description.Required("defaultExecutablePath")));
        if (!File.Exists(path))
            description.Fault($"defaultExecutablePath: there is no file {path}");
        else if ((File.GetUnixFileMode(path) & AnyExecute) == 0)
            description.Fault($"defaultExecutablePath: {path} has no execute permission; was it zipped on a system without one?");
        return path;
    }

    /// <summary>Flex Consumption demands one of every app that is not C# of the host's own languages, and ours is not.</summary>
    private static void CheckBundle(JsonMembers json)
    {
        if (json.Object("extensionBundle") is not { } bundle)
        {
            json.Fault("extensionBundle is missing");
            return;
        }

        bundle.RefuseOthers("id", "version");
        if (bundle.Text("id") != Bundle)
            bundle.Fault($"id must be {Bundle}");
        if (!BundleVersion().IsMatch(bundle.Text("version") ?? ""))
            bundle.Fault("version must be a range of version 4, such as [4.0.0, 5.0.0)");
    }

    private static ServiceBusSettings ReadServiceBus(JsonMembers bus)
    {
        bus.RefuseOthers(
            "autoCompleteMessages", "clientRetryOptions", "enableCrossEntityTransactions", "maxAutoLockRenewalDuration", "maxConcurrentSessions", "maxMessageBatchSize",
            "minMessageBatchSize", "maxBatchWaitTime", "prefetchCount", "sessionIdleTimeout", "transportType");
        // Azure takes them and they do nothing, which only misleads.
        foreach (var name in (string[])["maxAutoLockRenewalDuration", "maxConcurrentSessions"])
        {
            if (bus.Has(name))
                bus.Fault($"{name} has no effect on functions that take batches: one session at a time, its lock not renewed");
        }

        if (bus.Flag("autoCompleteMessages") == false)
            bus.Fault("autoCompleteMessages: a custom handler can't settle messages itself, so it must be true");
        var standard = new ServiceBusSettings();
        return new ServiceBusSettings
        {
            MaxMessageBatchSize = bus.Number("maxMessageBatchSize", standard.MaxMessageBatchSize),
            SessionIdleTimeout = bus.Duration("sessionIdleTimeout", standard.SessionIdleTimeout),
        };
    }

    private void ReadFunction(string name, HostJson host)
    {
        var file = $"{name}/function.json";
        if (JsonMembers.Read(Path.Combine(folder, file), file, faults) is not { } json)
            return;
        json.RefuseOthers("bindings");
        if (!FunctionName().IsMatch(name))
            json.Fault($"{name} is no name of a function: a letter, then letters, digits, '-' and '_'");
        var bindings = json.Objects("bindings").ToList();
        var triggers = bindings.Where(b => b.Text("type")?.EndsWith("Trigger", StringComparison.OrdinalIgnoreCase) == true).ToList();
        if (triggers is not [var trigger])
        {
            json.Fault($"a function has exactly one trigger, this one {triggers.Count}");
            return;
        }

        if (trigger.Text("direction") != "in")
            trigger.Fault("direction must be \"in\"");
        var others = bindings.Where(b => b != trigger).ToList();
        switch (trigger.Required("type"))
        {
            case "httpTrigger":
                ReadHttp(name, host, json, trigger, others);
                break;
            case "serviceBusTrigger":
                RefuseOutputs(others);
                ReadServiceBus(name, trigger);
                break;
            case "timerTrigger":
                RefuseOutputs(others);
                ReadTimer(name, trigger);
                break;
            case var type:
                trigger.Fault($"a {type} is not supported here");
                break;
        }
    }

    private static void RefuseOutputs(List<JsonMembers> others)
    {
        foreach (var binding in others)
            binding.Fault("output bindings are not supported here");
    }

    private void ReadHttp(string name, HostJson host, JsonMembers json, JsonMembers trigger, List<JsonMembers> others)
    {
        trigger.RefuseOthers("type", "direction", "name", "authLevel", "route", "methods");
        trigger.Required("name");
        if (trigger.Text("authLevel") != "anonymous")
            trigger.Fault("authLevel must be \"anonymous\": the host has no keys here");
        // The host proxies only functions of this shape; all others get the JSON envelope.
        if (others is not [var output] || output.Text("type") != "http" || output.Text("direction") != "out" || output.Required("name").Length == 0)
            json.Fault("beside the httpTrigger there must be exactly one http output, or the request is not proxied");
        var methods = trigger.Texts("methods") ?? [];
        foreach (var method in methods.Where(m => m.ToUpperInvariant() is not ("GET" or "HEAD" or "OPTIONS" or "POST" or "PUT" or "PATCH" or "DELETE")))
            trigger.Fault($"methods: {method} is not known");
        var route = trigger.Required("route").TrimStart('/');
        var prefix = host.RoutePrefix.Trim('/');
        _http.Add(new HttpFunction(name, prefix.Length == 0 ? route : $"{prefix}/{route}", methods.Select(m => m.ToUpperInvariant()).ToHashSet()));
    }

    private void ReadServiceBus(string name, JsonMembers trigger)
    {
        trigger.RefuseOthers("type", "direction", "name", "queueName", "connection", "isSessionsEnabled", "cardinality", "dataType");
        if (trigger.Flag("isSessionsEnabled") != true || trigger.Text("cardinality") != "many")
            trigger.Fault("only queues with sessions and cardinality many are supported here");
        // Without it the host reads each body as JSON itself, and a single one that is none fails the whole batch before the handler sees it.
        if (trigger.Text("dataType") != "string")
            trigger.Fault("dataType must be \"string\": bodies are handed on as they are here");
        var connection = trigger.Required("connection");
        if (connection.Length > 0 && !settings.ContainsKey(connection) && !settings.ContainsKey($"{connection}__fullyQualifiedNamespace"))
            trigger.Fault($"connection: there is no app setting {connection}__fullyQualifiedNamespace");
        _sessions.Add(new SessionFunction(name, trigger.Required("name"), Expand(trigger.Required("queueName"), trigger)));
    }

    private void ReadTimer(string name, JsonMembers trigger)
    {
        trigger.RefuseOthers("type", "direction", "name", "schedule");
        // The host keeps a lease and the last run there.
        if (!settings.Keys.Any(key => key == "AzureWebJobsStorage" || key.StartsWith("AzureWebJobsStorage__", StringComparison.Ordinal)))
            trigger.Fault("a timer needs the app setting AzureWebJobsStorage__accountName");
        var text = Expand(trigger.Required("schedule"), trigger);
        if (TimerSchedule.Parse(text) is { } schedule)
            _timers.Add(new TimerFunction(name, trigger.Required("name"), schedule));
        else
            trigger.Fault($"schedule: \"{text}\" is no NCRONTAB expression of six fields");
    }

    /// <summary>%NAME% is the app setting of that name.</summary>
    private string Expand(string text, JsonMembers where) => Setting().Replace(text, match =>
    {
        if (settings.TryGetValue(match.Groups[1].Value, out var value))
            return value;
        where.Fault($"there is no app setting {match.Groups[1].Value}");
        return "";
    });

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9_-]{0,127}\\z")]
    private static partial Regex FunctionName();

    [GeneratedRegex("^\\[4\\.(\\*|[0-9]+\\.[0-9]+|[0-9]+\\.\\*), ?5\\.0\\.0\\)\\z")]
    private static partial Regex BundleVersion();

    [GeneratedRegex("%([A-Za-z0-9_]+)%")]
    private static partial Regex Setting();
}
