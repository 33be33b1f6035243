using CloudPlane.Network;

namespace CloudPlane.EndToEnd.Tests;

/// <summary>Runs programs inside a network namespace, as an agent does that was started in it.</summary>
internal sealed class NamespaceCommandRunner(string space) : ICommandRunner
{
    private readonly CommandRunner _inner = new();

    public Task<CommandResult> RunAsync(string program, IReadOnlyList<string> arguments, string? input, CancellationToken cancellationToken) =>
        _inner.RunAsync("ip", ["netns", "exec", space, program, .. arguments], input, cancellationToken);
}
