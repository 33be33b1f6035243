using System.Reflection;
using System.Runtime.InteropServices;

namespace CloudPlane.Agent;

/// <summary>From a command line to an exit code.</summary>
internal static class AgentProgram
{
    private const int UsageError = 2;

    public static async Task<int> RunAsync(IReadOnlyList<string> args)
    {
        switch (CommandLine.Parse(args, Environment.GetEnvironmentVariable, Version()))
        {
            case CommandLine.Print { Text: var text }:
                Console.Out.WriteLine(text);
                return 0;
            case CommandLine.Wrong { Errors: var errors }:
                foreach (var error in errors) Console.Error.WriteLine($"cloudplane-node: {error}");
                return UsageError;
            case CommandLine.Run { Options: var options }:
                return await RunAsync(options).ConfigureAwait(false);
            case CommandLine.Reset { Options: var options }:
                return await NodeReset.RunAsync(options, Log(options)).ConfigureAwait(false);
            default:
                return UsageError;
        }
    }

    private static async Task<int> RunAsync(AgentOptions options)
    {
        using var stop = new CancellationTokenSource();
        // Both end the agent, never the pods.
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => { c.Cancel = true; stop.Cancel(); });
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, c => { c.Cancel = true; stop.Cancel(); });
        var log = Log(options);
        try
        {
            await using var node = new NodeAgent(options, TimeProvider.System, Random.Shared, log);
            await node.RunAsync(stop.Token).ConfigureAwait(false);
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            log.Info("the agent stops; its pods go on");
            return 0;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            log.Warn(e.Message);
            return 1;
        }
    }

    private static AgentLog Log(AgentOptions options) => new(Console.Error, TimeProvider.System, options.Verbose);

    private static string Version() =>
        typeof(AgentProgram).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split(
            '+')[0] is { } version ? $"v1.34.0+cloudplane ({version})" : "v1.34.0+cloudplane";
}
