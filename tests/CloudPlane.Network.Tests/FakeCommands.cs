namespace CloudPlane.Network.Tests;

/// <summary>Remembers the commands and answers as told; a command it was not told about succeeds and prints nothing.</summary>
internal sealed class FakeCommands : ICommandRunner
{
    private readonly Dictionary<string, CommandResult> _answers = [];

    /// <summary>The commands so far, with their input after " &lt; ".</summary>
    public List<string> Ran { get; } = [];

    public void Answer(string command, string output) => _answers[command] = new CommandResult(0, output, "");

    public void Fail(string command, string errors) => _answers[command] = new CommandResult(2, "", errors);

    public Task<CommandResult> RunAsync(string program, IReadOnlyList<string> arguments, string? input, CancellationToken cancellationToken)
    {
        var command = $"{program} {string.Join(' ', arguments)}";
        Ran.Add(input is null ? command : $"{command} < {input}");
        return Task.FromResult(_answers.GetValueOrDefault(command, new CommandResult(0, "", "")));
    }
}
