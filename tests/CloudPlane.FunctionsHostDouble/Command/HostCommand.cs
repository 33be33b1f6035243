using System.Net;
using System.Runtime.InteropServices;

namespace CloudPlane.Doubles;

/// <summary>The double as a program: both doubles and the admin endpoint, until SIGTERM or SIGINT.</summary>
internal static class HostCommand
{
    private const int Sigusr1 = 10;

    /// <exception cref="FormatException">The arguments are wrong.</exception>
    /// <exception cref="AppFolderException">The app is.</exception>
    /// <exception cref="IOException">A port is taken.</exception>
    public static async Task RunAsync(CommandLine line, TextWriter output)
    {
        var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.TrySetResult();
        }

        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        var bus = new ServiceBusDouble(TimeProvider.System, new Random());
        if (line.BusKey?.Split(':', 2) is [var rule, var key])
            bus.AddRule(new AccessRule(rule, AccessRights.All, key));
        using var certificate = line.Certificate();
        await using var busServer = await ServiceBusDoubleServer.StartAsync(bus, line.BusPort, line.Addresses, certificate);
        var options = new FunctionsHostOptions
        {
            AppFolder = line.App,
            LogFolder = line.Logs,
            Addresses = line.Addresses,
            Port = line.Port,
            Certificate = certificate,
            Settings = line.SettingsWith(busServer.Endpoint, line.BusKey ?? bus.RootKey),
            HttpInstances = line.HttpInstances,
            ScaleToZeroAfter = line.Idle,
            InstanceMemoryMB = line.Memory,
            ServiceBus = bus,
        };
        CreateQueues(bus, FunctionApp.Load(options.AppFolder, options.Settings));
        await using var host = await FunctionsHostDouble.StartAsync(options, CancellationToken.None);
        await using var admin = new WebServer([IPAddress.Loopback], line.AdminPort, new AdminEndpoint(host).HandleAsync);
        var adminAddress = await admin.StartAsync(CancellationToken.None);
        using var report = PosixSignalRegistration.Create((PosixSignal)Sigusr1, context =>
        {
            context.Cancel = true;
            Report(line, host);
        });
        await output.WriteLineAsync($"app {host.Address}\nbus {busServer.Endpoint}\nadmin {adminAddress}\nready");
        await stop.Task;
        Report(line, host);
    }

    /// <summary>As the template of the infrastructure makes them, but for the lock: that of an instance which was killed runs out sooner.</summary>
    private static void CreateQueues(ServiceBusDouble bus, FunctionApp app)
    {
        foreach (var queue in app.SessionFunctions.Select(f => f.Queue).Distinct())
        {
            bus.CreateQueue(queue, new QueueSettings
            {
                RequiresSession = true,
                RequiresDuplicateDetection = true,
                DuplicateDetectionHistoryTimeWindow = TimeSpan.FromHours(1),
            });
        }
    }

    private static void Report(CommandLine line, FunctionsHostDouble host)
    {
        if (line.Meter is { } file)
            File.WriteAllText(file, host.Meter.ToJson().ToJsonString() + "\n");
    }
}
