namespace CloudPlane.Doubles;

/// <summary>A published folder, read and found right.</summary>
internal sealed record FunctionApp
{
    public required string Folder { get; init; }

    public required HostJson Host { get; init; }

    public required IReadOnlyList<HttpFunction> HttpFunctions { get; init; }

    public required IReadOnlyList<SessionFunction> SessionFunctions { get; init; }

    public required IReadOnlyList<TimerFunction> TimerFunctions { get; init; }

    /// <summary>Reads the folder as the host does at start, and refuses what the host refuses or what would not work on Flex Consumption.</summary>
    /// <exception cref="AppFolderException">All faults together.</exception>
    public static FunctionApp Load(string folder, IReadOnlyDictionary<string, string> settings)
    {
        var faults = new List<string>();
        var reader = new AppFolderReader(Path.GetFullPath(folder), settings, faults);
        var app = reader.Read();
        return app is not null && faults.Count == 0
            ? app
            : throw new AppFolderException($"{folder} is no function app:\n  {string.Join("\n  ", faults)}");
    }
}

/// <summary>A function that the host proxies requests to.</summary>
/// <param name="Route">With the prefix of host.json.</param>
/// <param name="Methods">Upper case; empty takes all.</param>
internal sealed record HttpFunction(string Name, string Route, IReadOnlySet<string> Methods);

/// <summary>A function of a queue with sessions that gets messages in batches.</summary>
/// <param name="Binding">The name under which the messages are in the envelope's Data.</param>
internal sealed record SessionFunction(string Name, string Binding, string Queue);

/// <summary>A function that a clock starts.</summary>
internal sealed record TimerFunction(string Name, string Binding, TimerSchedule Schedule);
