namespace CloudPlane.Network;

internal static class Commands
{
    /// <summary>Runs a program that must succeed and gives its output.</summary>
    /// <exception cref="NetworkException">It did not.</exception>
    public static async Task<string> MustAsync(
        this ICommandRunner runner, string program, string arguments, CancellationToken cancellationToken, string? input = null)
    {
        var result = await runner.RunAsync(program, arguments.Split(' '), input, cancellationToken).ConfigureAwait(false);
        return result.ExitCode == 0 ? result.Output : throw Failed(program, arguments, result);
    }

    /// <summary>Runs a program that removes something, which may be gone already.</summary>
    /// <exception cref="NetworkException">It failed for another reason than that.</exception>
    public static async Task RemoveAsync(this ICommandRunner runner, string program, string arguments, CancellationToken cancellationToken)
    {
        var result = await runner.RunAsync(program, arguments.Split(' '), null, cancellationToken).ConfigureAwait(false);
        if (result.ExitCode != 0 && !IsGone(result.Errors))
            throw Failed(program, arguments, result);
    }

    private static bool IsGone(string errors) =>
        errors.Contains("Cannot find device", StringComparison.Ordinal) || errors.Contains("No such", StringComparison.Ordinal);

    private static NetworkException Failed(string program, string arguments, CommandResult result) =>
        new($"{program} {arguments}: exit code {result.ExitCode}: {(result.Errors.Length > 0 ? result.Errors : result.Output).Trim()}");
}
