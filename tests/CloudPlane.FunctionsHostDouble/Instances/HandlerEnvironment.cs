using System.Globalization;

namespace CloudPlane.Doubles;

/// <summary>The environment that the host gives its handler.</summary>
internal static class HandlerEnvironment
{
    public static Dictionary<string, string> Of(FunctionApp app, FunctionsHostOptions options, HostInstance instance)
    {
        var port = instance.Port.ToString(CultureInfo.InvariantCulture);
        var environment = new Dictionary<string, string>(options.Settings)
        {
            ["FUNCTIONS_CUSTOMHANDLER_PORT"] = port,
            ["FUNCTIONS_CUSTOMHANDLER_WORKER_ID"] = instance.WorkerId,
            ["FUNCTIONS_APP_ROOT_PATH"] = app.Folder,
            // The names before custom handlers had theirs; still set.
            ["FUNCTIONS_HTTPWORKER_PORT"] = port,
            ["FUNCTIONS_HTTPWORKER_WORKER_ID"] = instance.WorkerId,
        };
        foreach (var (name, value) in options.PlatformEnvironment)
            environment[name] = value;
        environment.TryAdd("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        environment.TryAdd("HOME", "/home");
        return environment;
    }
}
