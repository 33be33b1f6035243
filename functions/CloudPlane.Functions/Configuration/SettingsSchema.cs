using System.Text;

namespace CloudPlane.Functions;

/// <summary>One setting of a command: <c>--name</c>, <c>CLOUDPLANE_NAME</c>, <c>name:</c> in the YAML file.</summary>
internal sealed record Setting(string Name, string Placeholder, string Description, string? Default = null)
{
    /// <summary>The environment variable that sets it.</summary>
    public string EnvironmentVariable => "CLOUDPLANE_" + Name.ToUpperInvariant().Replace('-', '_');
}

/// <summary>A command's settings, and how they are read: flags win over the environment, which wins over the YAML file, which wins over defaults.</summary>
internal sealed record SettingsSchema(string Command, string Summary, IReadOnlyList<Setting> Settings)
{
    private const string ConfigFile = "config";

    /// <summary>Reads and checks the names; values are checked by the command.</summary>
    /// <exception cref="SettingsException">An unknown flag or key, a flag without value, an unreadable file.</exception>
    public Settings Read(IReadOnlyList<string> args, Func<string, string?> environment, Func<string, string> readFile)
    {
        var flags = ReadFlags(args);
        // One that is empty counts as none, as with the agent.
        string? Find(string variable) => environment(variable) is { Length: > 0 } value ? value : null;
        var file = flags.GetValueOrDefault(ConfigFile) ?? Find("CLOUDPLANE_CONFIG");
        var fromFile = file is null ? [] : ReadFile(file, readFile);

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var setting in Settings)
        {
            var value = flags.GetValueOrDefault(setting.Name)
                ?? Find(setting.EnvironmentVariable)
                ?? fromFile.GetValueOrDefault(setting.Name)
                ?? setting.Default;
            if (value is not null)
                values[setting.Name] = value;
        }

        return new Settings(values);
    }

    /// <summary>The text of <c>--help</c>.</summary>
    public string Help()
    {
        var text = new StringBuilder($"{Summary}\n\nUsage: {Command} [settings]\n\n");
        foreach (var setting in Settings.Append(new Setting(ConfigFile, "FILE", "YAML file with any of these settings")))
        {
            text.Append($"  {$"--{setting.Name} {setting.Placeholder}",-28} {setting.Description}");
            if (!string.IsNullOrEmpty(setting.Default))
                text.Append($" (default {setting.Default})");
            text.Append($"\n  {"",-28} environment: {setting.EnvironmentVariable}\n");
        }

        return text.Append("\nA flag wins over the environment, the environment over the file.").ToString();
    }

    private Dictionary<string, string> ReadFlags(IReadOnlyList<string> args)
    {
        var flags = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < args.Count; i++)
        {
            var (name, value) = Split(args[i]);
            if (!IsKnown(name))
                throw new SettingsException($"unknown setting \"{args[i]}\"; see {Command} --help");
            value ??= ++i < args.Count ? args[i] : "";
            flags[name] = value.Length > 0 ? value : throw new SettingsException($"--{name} needs a value");
        }

        return flags;
    }

    private static (string Name, string? Value) Split(string argument)
    {
        if (!argument.StartsWith("--", StringComparison.Ordinal))
            return (argument, null);
        var equals = argument.IndexOf('=');
        return equals < 0 ? (argument[2..], null) : (argument[2..equals], argument[(equals + 1)..]);
    }

    private Dictionary<string, string> ReadFile(string path, Func<string, string> readFile)
    {
        try
        {
            var values = YamlSettings.Read(readFile(path));
            return values.Keys.FirstOrDefault(key => !IsKnown(key)) is { } unknown
                ? throw new SettingsException($"{path}: unknown setting \"{unknown}\"; see {Command} --help")
                : values;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new SettingsException($"{path}: {e.Message}");
        }
    }

    private bool IsKnown(string name) => name == ConfigFile || Settings.Any(s => s.Name == name);
}

/// <summary>The values that a command was given. Immutable.</summary>
internal sealed class Settings(IReadOnlyDictionary<string, string> values)
{
    /// <summary>The value, or null when there is none and no default.</summary>
    public string? Find(string name) => values.GetValueOrDefault(name);

    /// <summary>The value of a setting that has a default or is demanded.</summary>
    public string Get(string name) => Find(name) ?? throw new SettingsException($"--{name} is required");

    /// <summary>A span of time such as 90s, 15m, 24h or 7d.</summary>
    public TimeSpan GetDuration(string name)
    {
        var text = Get(name);
        return TryParseDuration(text, out var duration)
            ? duration
            : throw new SettingsException($"--{name}: \"{text}\" is not a duration; write e.g. 90s, 15m, 24h or 7d");
    }

    /// <summary>Reads a span of time such as 90s, 15m, 24h or 7d; zero is none.</summary>
    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        var unit = text.Length == 0 ? ' ' : text[^1];
        double seconds = unit switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 };
        duration = seconds > 0 && int.TryParse(text.AsSpan(0, text.Length - 1), out var count) && count > 0
            ? TimeSpan.FromSeconds(seconds * count)
            : TimeSpan.Zero;
        return duration > TimeSpan.Zero;
    }
}

/// <summary>The settings are wrong; the message says which and why.</summary>
internal sealed class SettingsException(string message) : Exception(message);
