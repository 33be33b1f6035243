using System.Net;

namespace CloudPlane.Network;

/// <summary>
/// Gives pod traffic that leaves the cluster the node's address; inside the cluster pods keep theirs. All in an nft table of our own,
/// replaced whole in one transaction.
/// </summary>
internal sealed class Masquerade(NetworkOptions options, ICommandRunner commands)
{
    // The bridge is what makes a node unique among those that share a machine.
    private string Table => $"ip {options.Bridge}";

    public Task ApplyAsync(IPNetwork podCidr, CancellationToken cancellationToken) =>
        commands.MustAsync("nft", "-f -", cancellationToken, Rules(podCidr));

    // Creating it first makes the deletion succeed also when it is gone.
    public Task RemoveAsync(CancellationToken cancellationToken) =>
        commands.MustAsync("nft", "-f -", cancellationToken, $"table {Table}\ndelete table {Table}\n");

    private string Rules(IPNetwork podCidr) => $$"""
        table {{Table}}
        delete table {{Table}}
        table {{Table}} {
          chain postrouting {
            type nat hook postrouting priority srcnat; policy accept;
            ip saddr {{podCidr}} ip daddr != {{options.ClusterCidr}} ip daddr != 224.0.0.0/4 oifname != "{{options.Bridge}}" masquerade fully-random
          }
        }

        """;
}
