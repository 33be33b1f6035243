using System.Runtime.InteropServices;

namespace CloudPlane.Functions;

/// <summary><c>cloudplane serve</c>: the whole control plane on one machine, until SIGTERM or SIGINT.</summary>
internal static class ServeCommand
{
    /// <summary>The cluster of the bare paths; standalone serves no other.</summary>
    public const string Cluster = "default";

    public static string DefaultDataDirectory { get; } =
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cloudplane");

    public static SettingsSchema Settings { get; } = new("cloudplane serve", "Runs the control plane on this machine.",
    [
        new("data", "DIR", "where keys, certificates and state are kept", DefaultDataDirectory),
        new("listen", "ADDRESS[,...]", "where to serve the API, with TLS", "127.0.0.1:6443"),
        new("tls-san", "NAME[,...]", "further names and addresses by which clients reach it, for its certificate"),
        new("store", "STORE", "sqlite (kept in the data directory), memory (gone at the end) or azure-tables", "sqlite"),
        new("tables-endpoint", "URL", "azure-tables: the account's table service, e.g. https://ACCOUNT.table.core.windows.net"),
        new("tables-key", "ACCOUNT:KEY", "azure-tables: the account's shared key; without one, the identity that Azure.Identity finds"),
        new("pod-cidr", "CIDR", "the pods' network, a /16; each node gets a /24 of it", PodNetworkSetting.Default),
        new("node-grace", "DURATION", "how long a node may be silent before it counts as lost", "40s"),
    ]);

    public static async Task RunAsync(Settings settings, TextWriter output)
    {
        var options = StandaloneOptions.From(settings);
        if (!options.Store.NeedsTls)
            SystemTrust.Forgo();
        using var stop = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        await using var host = await StandaloneHost.StartAsync(options, stop.Token);
        await output.WriteLineAsync($"cloudplane serves {options.Server}; kubeconfig: {options.KubeconfigPath}");
        await host.RunAsync(stop.Token);

        void Stop(PosixSignalContext signal)
        {
            // Ours is an orderly end: requests finish, the store closes.
            signal.Cancel = true;
            stop.Cancel();
        }
    }
}
