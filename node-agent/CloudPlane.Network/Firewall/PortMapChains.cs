using System.Text;

namespace CloudPlane.Network;

/// <summary>
/// The chains that the CNI plugin portmap shares between all who use it on a machine, and never removes. They go when no port is mapped
/// any more: then they do nothing, and whoever maps one makes them anew.
/// </summary>
internal sealed class PortMapChains(ICommandRunner commands)
{
    private const string Mapped = "CNI-HOSTPORT-DNAT";
    private static readonly string[] Shared = [Mapped, "CNI-HOSTPORT-MASQ", "CNI-HOSTPORT-SETMARK"];

    /// <exception cref="NetworkException">They can't be removed.</exception>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        var rules = await RulesAsync(cancellationToken).ConfigureAwait(false);
        var present = Shared.Where(chain => rules.Any(rule => rule.StartsWith($":{chain} ", StringComparison.Ordinal))).ToArray();
        if (present.Length == 0 || rules.Any(rule => rule.StartsWith($"-A {Mapped} ", StringComparison.Ordinal)))
            return;
        var script = new StringBuilder("*nat\n");
        foreach (var rule in rules.Where(rule => rule.StartsWith("-A ", StringComparison.Ordinal) && Array.Exists(Shared, chain => rule.EndsWith($" -j {chain}", StringComparison.Ordinal))))
            script.Append("-D").Append(rule.AsSpan(2)).Append('\n');
        // Not the one of the mappings: if somebody maps a port right now, it can't be removed, and nothing of this happens.
        foreach (var chain in present.Where(chain => chain != Mapped))
            script.Append("-F ").Append(chain).Append('\n');
        foreach (var chain in present)
            script.Append("-X ").Append(chain).Append('\n');
        await commands.MustAsync("iptables-restore", "-w --noflush", cancellationToken, script.Append("COMMIT\n").ToString()).ConfigureAwait(false);
    }

    /// <summary>The table as iptables-save prints it; nothing where it is missing, for then portmap is not used.</summary>
    private async Task<IReadOnlyList<string>> RulesAsync(CancellationToken cancellationToken)
    {
        try
        {
            var list = await commands.RunAsync("iptables-save", ["-t", "nat"], null, cancellationToken).ConfigureAwait(false);
            return list.ExitCode == 0 ? list.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries) : [];
        }
        catch (NetworkException)
        {
            return [];
        }
    }
}
