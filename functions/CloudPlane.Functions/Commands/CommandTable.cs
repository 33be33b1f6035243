using System.Reflection;

namespace CloudPlane.Functions;

/// <summary>The command line of <c>cloudplane</c>: finds the command, reads its settings, turns failures into exit codes.</summary>
internal static class CommandTable
{
    private const int Success = 0;
    private const int Failure = 1;
    private const int Misuse = 2;

    /// <summary>What <c>cloudplane --version</c> prints.</summary>
    public static string Version =>
        typeof(CommandTable).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Runs one command; 0 success, 1 failure, 2 misuse of the command line.</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        try
        {
            switch (args)
            {
                case ["serve", .. var rest]:
                    return await WithSettings(ServeCommand.Settings, rest, output, ServeCommand.RunAsync);
                case ["token", "create", .. var rest]:
                    return await WithSettings(TokenCreateCommand.Settings, rest, output, TokenCreateCommand.RunAsync);
                case ["deployment", "token", .. var rest]:
                    return await WithSettings(DeploymentTokenCommand.Settings, rest, output, DeploymentTokenCommand.RunAsync);
                case ["cluster", "list", .. var rest]:
                    return await WithSettings(ClusterCommand.List, rest, output, ClusterCommand.ListAsync);
                case ["cluster", "create", .. var rest]:
                    return await WithName(ClusterCommand.Create, rest, output, ClusterCommand.CreateAsync);
                case ["cluster", "delete", .. var rest]:
                    return await WithName(ClusterCommand.Delete, rest, output, ClusterCommand.DeleteAsync);
                case ["cluster", "kubeconfig", .. var rest]:
                    return await WithName(ClusterCommand.Kubeconfig, rest, output, ClusterCommand.KubeconfigAsync);
                case ["cluster", "join-token", .. var rest]:
                    return await WithName(ClusterCommand.JoinToken, rest, output, ClusterCommand.JoinTokenAsync);
                case [] when HandlerHost.IsHosted(Environment.GetEnvironmentVariable):
                    await HandlerHost.RunAsync(Environment.GetEnvironmentVariable);
                    return Success;
                case ["--version"] or ["version"]:
                    await output.WriteLineAsync($"cloudplane {Version}");
                    return Success;
                case [] or ["--help"] or ["-h"] or ["help"] or ["token" or "cluster" or "deployment"] or ["token" or "cluster" or "deployment", "--help"]:
                    await output.WriteLineAsync(Usage);
                    return args.Length == 0 ? Misuse : Success;
                default:
                    await error.WriteLineAsync($"cloudplane: unknown command \"{string.Join(' ', args)}\"; see cloudplane --help");
                    return Misuse;
            }
        }
        catch (SettingsException e)
        {
            await error.WriteLineAsync($"cloudplane: {e.Message}");
            return Misuse;
        }
        catch (StartupException e)
        {
            await error.WriteLineAsync($"cloudplane: {e.Message}");
            return Failure;
        }
    }

    private const string Usage = """
        cloudplane: Kubernetes without control-plane servers

        Usage:
          cloudplane serve          run the control plane on this machine
          cloudplane token create   print a token with which a node may join

          cloudplane cluster create|delete NAME            make and delete clusters of a deployment in the cloud
          cloudplane cluster list                          list them
          cloudplane cluster kubeconfig|join-token NAME    print a cluster's credentials
          cloudplane deployment token                      print a token that may do these

          cloudplane version        print the version

        cloudplane COMMAND --help tells a command's settings.
        """;

    private static Task<int> WithName(SettingsSchema schema, string[] args, TextWriter output, Func<string, Settings, TextWriter, Task> run) => args switch
    {
        [var name, .. var rest] when !name.StartsWith('-') => WithSettings(schema, rest, output, (settings, writer) => run(name, settings, writer)),
        ["--help" or "-h"] => WithSettings(schema, args, output, (_, _) => Task.CompletedTask),
        _ => throw new SettingsException($"the cluster's name is missing; see {schema.Command} --help"),
    };

    private static async Task<int> WithSettings(
        SettingsSchema schema, string[] args, TextWriter output, Func<Settings, TextWriter, Task> run)
    {
        if (args.Contains("--help") || args.Contains("-h"))
        {
            await output.WriteLineAsync(schema.Help());
            return Success;
        }

        await run(schema.Read(args, Environment.GetEnvironmentVariable, File.ReadAllText), output);
        return Success;
    }
}

/// <summary>The command can't start; the message says what is wrong and what to do, for a person.</summary>
internal sealed class StartupException(string message, Exception? cause = null) : Exception(message, cause);
