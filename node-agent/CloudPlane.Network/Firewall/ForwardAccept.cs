namespace CloudPlane.Network;

/// <summary>
/// Lets pod traffic pass a machine whose FORWARD chain drops by default, as Docker's and ufw's do. An nft table of our own can't: what
/// one base chain accepts, another still drops. So, like kube-proxy, it puts rules into that chain, marked as ours, and only there.
/// </summary>
internal sealed class ForwardAccept(NetworkOptions options, ICommandRunner commands)
{
    private const string List = "-w -S FORWARD";

    private string Mark => $"cloudplane-{options.NodeName}";

    /// <exception cref="NetworkException">The rules can't be added.</exception>
    public async Task ApplyAsync(CancellationToken cancellationToken)
    {
        var rules = await RulesAsync(cancellationToken).ConfigureAwait(false);
        if (!rules.Contains("-P FORWARD DROP"))
            return;
        foreach (var direction in new[] { "-s", "-d" })
        {
            var rule = $"{direction} {options.ClusterCidr} -m comment --comment {Mark} -j ACCEPT";
            if (!rules.Contains($"-A FORWARD {rule}"))
                await commands.MustAsync("iptables", $"-w -I FORWARD {rule}", cancellationToken).ConfigureAwait(false);
        }
    }

    /// <exception cref="NetworkException">The rules can't be removed.</exception>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        foreach (var rule in await RulesAsync(cancellationToken).ConfigureAwait(false))
        {
            if (rule.StartsWith("-A FORWARD ", StringComparison.Ordinal) && rule.Split(' ').Contains(Mark))
                await commands.MustAsync("iptables", $"-w -D{rule[2..]}", cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The chain's rules; none where iptables is missing or has no such table, for then nobody filters by it.</summary>
    private async Task<IReadOnlyList<string>> RulesAsync(CancellationToken cancellationToken)
    {
        try
        {
            var list = await commands.RunAsync("iptables", List.Split(' '), null, cancellationToken).ConfigureAwait(false);
            return list.ExitCode == 0 ? list.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries) : [];
        }
        catch (NetworkException)
        {
            return [];
        }
    }
}
