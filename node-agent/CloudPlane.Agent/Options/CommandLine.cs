namespace CloudPlane.Agent;

/// <summary>What the command line asks for.</summary>
internal abstract record CommandLine
{
    public sealed record Run(AgentOptions Options) : CommandLine;

    public sealed record Reset(AgentOptions Options) : CommandLine;

    public sealed record Print(string Text) : CommandLine;

    /// <summary>All that is wrong, at once.</summary>
    public sealed record Wrong(IReadOnlyList<string> Errors) : CommandLine;

    /// <summary>Flags win over environment variables, these over the file.</summary>
    public static CommandLine Parse(IReadOnlyList<string> args, Func<string, string?> environment, string version)
    {
        if (args.Any(a => a is "--help" or "-h") || args is ["help", ..]) return new Print(Usage.Text);
        if (args is ["--version"] or ["version"]) return new Print($"cloudplane-node {version}");
        if (args is not ["run" or "reset", ..])
            return new Wrong([args.Count == 0
                ? "a command is missing: `cloudplane-node run` (see --help)"
                : $"unknown command \"{args[0]}\": there are `run` and `reset` (see --help)"]);

        var errors = new List<string>();
        var flags = Flags(args, errors);
        var variables = Setting.All.Select(s => (s.Name, Value: environment(s.Variable))).Where(v => !string.IsNullOrEmpty(v.Value))
            .ToDictionary(v => v.Name, v => v.Value!);
        var file = flags.GetValueOrDefault(Setting.Config) ?? variables.GetValueOrDefault(Setting.Config);
        var fromFile = file is null ? [] : ConfigFile.Read(file, errors);
        var reset = args[0] == "reset";
        var options = OptionsBuilder.Build(joining: !reset, name =>
            flags.GetValueOrDefault(name) ?? variables.GetValueOrDefault(name) ?? fromFile.GetValueOrDefault(name), errors);
        return errors.Count > 0 || options is null ? new Wrong(errors) : reset ? new Reset(options) : new Run(options);
    }

    private static Dictionary<string, string> Flags(IReadOnlyList<string> args, List<string> errors)
    {
        var flags = new Dictionary<string, string>();
        for (var i = 1; i < args.Count; i++)
        {
            if (!args[i].StartsWith("--", StringComparison.Ordinal))
            {
                errors.Add($"unexpected argument \"{args[i]}\"");
                continue;
            }
            var equals = args[i].IndexOf('=');
            var name = equals < 0 ? args[i][2..] : args[i][2..equals];
            if (Setting.All.All(s => s.Name != name)) errors.Add($"unknown flag --{name}");
            else if (equals >= 0) flags[name] = args[i][(equals + 1)..];
            else if (name == "verbose" && (i + 1 == args.Count || args[i + 1].StartsWith("--", StringComparison.Ordinal)))
                flags[name] = "true";
            else if (i + 1 == args.Count) errors.Add($"--{name} needs a value");
            else flags[name] = args[++i];
        }
        return flags;
    }
}
