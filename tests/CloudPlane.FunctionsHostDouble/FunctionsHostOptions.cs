using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace CloudPlane.Doubles;

/// <summary>What a function app is run with. Limits have Azure's values; tests shorten them.</summary>
public sealed record FunctionsHostOptions
{
    /// <summary>The published folder.</summary>
    public required string AppFolder { get; init; }

    /// <summary>Where each instance's handler writes its stdout and stderr: one file for an instance.</summary>
    public required string LogFolder { get; init; }

    /// <summary>App settings, which become environment variables of the handler. It gets nothing else of this process' environment but PATH and HOME.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the front end listens; more than one need a port.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [IPAddress.Loopback];

    /// <summary>Of the front end; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>Of the front end, with its key. Azure's has one always; without one this speaks plain http, to which clients such as kubectl send no token.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Over how many instances HTTP requests are spread from the first on. The platform starts with one; two show what state in memory breaks.</summary>
    public int HttpInstances { get; init; } = 1;

    /// <summary>Of each scale group.</summary>
    public int MaximumInstances { get; init; } = 8;

    /// <summary>triggers.http.perInstanceConcurrency; more requests than that start another instance. 16 is the default at 2,048 MB.</summary>
    public int HttpConcurrency { get; init; } = 16;

    /// <summary>instanceMemoryMB: 512, 2048 or 4096.</summary>
    public int InstanceMemoryMB { get; init; } = 2048;

    /// <summary>How long an instance without an execution stays.</summary>
    public TimeSpan ScaleToZeroAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Flex Consumption's limit on the app's start: until the handler answers GET /.</summary>
    public TimeSpan ReadinessLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The host's proxy cuts an exchange in which no byte moved for this long.</summary>
    public TimeSpan ProxyIdleLimit { get; init; } = TimeSpan.FromSeconds(240);

    /// <summary>The front end cuts every exchange at this age. Azure's pages call it the time to respond; whether a stream outlives it nobody says, so here none does.</summary>
    public TimeSpan FrontEndLimit { get; init; } = TimeSpan.FromSeconds(230);

    /// <summary>Takes the place of host.json's functionTimeout; null leaves that.</summary>
    public TimeSpan? FunctionTimeout { get; init; }

    /// <summary>The third crash of a handler within it ends its instance.</summary>
    public TimeSpan CrashWindow { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Of a request's body, in bytes.</summary>
    public long MaxRequestBody { get; init; } = 104_857_600;

    /// <summary>Whether timers run by their schedule; otherwise only by <see cref="FunctionsHostDouble.FireTimerAsync"/>.</summary>
    public bool RunTimers { get; init; } = true;

    /// <summary>Where the queues of Service Bus triggers are; without one these functions never run.</summary>
    public ServiceBusDouble? ServiceBus { get; init; }

    /// <summary>The app's identity, whose tokens its handlers can ask for; null for none.</summary>
    public ManagedIdentity? Identity { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>For ports, invocation ids and the pauses between re-sends; used under a lock.</summary>
    public Random Random { get; init; } = new();

    /// <summary>What the platform itself puts into a handler's environment, beside the host.</summary>
    internal IReadOnlyDictionary<string, string> PlatformEnvironment { get; init; } = new Dictionary<string, string>();

    /// <exception cref="ArgumentException">A value that Flex Consumption does not have.</exception>
    internal void Check()
    {
        if (InstanceMemoryMB is not (512 or 2048 or 4096))
            throw new ArgumentException($"instance memory must be 512, 2048 or 4096 MB, not {InstanceMemoryMB}");
        if (HttpInstances < 1 || MaximumInstances < HttpInstances)
            throw new ArgumentException($"HTTP instances must be 1 to {MaximumInstances}, not {HttpInstances}");
        if (HttpConcurrency is < 1 or > 1000)
            throw new ArgumentException($"HTTP concurrency must be 1 to 1000, not {HttpConcurrency}");
        if (Addresses.Count == 0 || (Addresses.Count > 1 && Port == 0))
            throw new ArgumentException("one address is needed, and for more than one a port");
    }
}
