namespace CloudPlane.Network;

/// <summary>Runs ip, bridge, nft and the like in the current network namespace.</summary>
public interface ICommandRunner
{
    /// <summary>Runs a program to its end; what it gives back may be a failure.</summary>
    /// <exception cref="NetworkException">The program can't be started.</exception>
    Task<CommandResult> RunAsync(string program, IReadOnlyList<string> arguments, string? input, CancellationToken cancellationToken);
}

/// <summary>How a program ended and what it printed.</summary>
public sealed record CommandResult(int ExitCode, string Output, string Errors);
