using System.Text.Json.Nodes;
using CloudPlane.Client;

namespace CloudPlane.Network.Tests;

public sealed class PodNetworkTests : IDisposable
{
    private const string ShowRoutes = "ip -j -4 route show proto 67";
    private readonly string _directory = Directory.CreateTempSubdirectory("cri-net-").FullName;
    private readonly FakeCommands _commands = new();
    private readonly PodNetwork _network;

    public PodNetworkTests()
    {
        Directory.CreateDirectory(Path.Combine(_directory, "net/ipv4"));
        File.WriteAllText(Path.Combine(_directory, "net/ipv4/ip_forward"), "0\n");
        _network = new PodNetwork(
            new NetworkOptions { NodeName = "n1", CniConfDirectory = Path.Combine(_directory, "net.d"), CniDataDirectory = Path.Combine(_directory, "data") },
            _commands, _directory);
        _commands.Answer(ShowRoutes, "[]");
        foreach (var ip in new[] { "10.0.0.2", "10.0.0.3" })
            _commands.Answer($"ip -j -4 route get {ip}", $$"""[{"dst":"{{ip}}","dev":"eth0","prefsrc":"10.0.0.1","flags":[],"uid":0,"cache":[]}]""");
        _commands.Answer("ip -j -4 route get 10.8.0.4", """[{"dst":"10.8.0.4","gateway":"10.0.0.254","dev":"eth0","prefsrc":"10.0.0.1"}]""");
    }

    private string ConfList => Path.Combine(_directory, "net.d", "10-cloudplane.conflist");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Nothing_happens_before_the_node_has_a_podCIDR()
    {
        await _network.ReconcileAsync([NodeOf("n1", null, "10.0.0.1"), NodeOf("n2", "10.244.2.0/24", "10.0.0.2")], default);
        await _network.ReconcileAsync([], default);
        await _network.ReconcileAsync([NodeOf("n1", "fd00::/64", "10.0.0.1")], default);
        Assert.Empty(_commands.Ran);
        Assert.False(File.Exists(ConfList));
    }

    [Fact]
    public async Task The_bridge_allocates_from_the_podCIDR()
    {
        await _network.ReconcileAsync([NodeOf("n1", "10.244.1.0/24", "10.0.0.1")], default);
        var bridge = JsonNode.Parse(await File.ReadAllTextAsync(ConfList))!["plugins"]![0]!;
        Assert.Equal(("bridge", "cloudplane0", true, true), ((string)bridge["type"]!, (string)bridge["bridge"]!, (bool)bridge["isGateway"]!, (bool)bridge["hairpinMode"]!));
        Assert.Equal("10.244.1.0/24", (string)bridge["ipam"]!["ranges"]![0]![0]!["subnet"]!);
        Assert.Equal([ConfList], Directory.GetFiles(Path.GetDirectoryName(ConfList)!));
        Assert.Equal("1\n", await File.ReadAllTextAsync(Path.Combine(_directory, "net/ipv4/ip_forward")));
        Assert.Contains(_commands.Ran, command => command.Contains("ip saddr 10.244.1.0/24 ip daddr != 10.244.0.0/16", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_configuration_is_left_alone_while_it_is_right()
    {
        await _network.ReconcileAsync([NodeOf("n1", "10.244.1.0/24", "10.0.0.1")], default);
        File.SetLastWriteTimeUtc(ConfList, DateTime.UnixEpoch);
        await _network.ReconcileAsync([NodeOf("n1", "10.244.1.0/24", "10.0.0.1")], default);
        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(ConfList));
        await _network.ReconcileAsync([NodeOf("n1", "10.244.9.0/24", "10.0.0.1")], default);
        Assert.NotEqual(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(ConfList));
    }

    // 10.250.7.0/24 is another cluster's: end-to-end tests beside a cluster of ./up once took each other's routes away.
    [Fact]
    public async Task Routes_become_what_the_nodes_say()
    {
        _commands.Answer(ShowRoutes, """
            [{"dst":"10.244.2.0/24","gateway":"10.0.0.2","dev":"eth0","protocol":"67","flags":[]},
             {"dst":"10.244.3.0/24","gateway":"10.0.0.99","dev":"eth0","protocol":"67","flags":[]},
             {"dst":"10.250.7.0/24","gateway":"10.9.0.7","dev":"eth1","protocol":"67","flags":[]},
             {"dst":"10.244.7.0/24","gateway":"10.0.0.7","dev":"eth0","protocol":"67","flags":[]}]
            """);
        await _network.ReconcileAsync(
            [
                NodeOf("n1", "10.244.1.0/24", "10.0.0.1"), NodeOf("n2", "10.244.2.0/24", "10.0.0.2"), NodeOf("n3", "10.244.3.0/24", "10.0.0.3"),
                NodeOf("new", null, "10.0.0.9"), NodeOf("odd", "nonsense", "10.0.0.9"), NodeOf("nowhere", "10.244.5.0/24", null),
            ],
            default);
        Assert.Equal(
            ["ip route replace 10.244.3.0/24 via 10.0.0.3 dev eth0 proto 67", "ip route delete 10.244.7.0/24 proto 67"],
            _commands.Ran.Where(command => command.StartsWith("ip route", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_node_behind_a_router_is_reached_by_the_tunnel()
    {
        await _network.ReconcileAsync([NodeOf("n1", "10.244.1.0/24", "10.0.0.1"), NodeOf("far", "10.244.4.0/24", "10.8.0.4")], default);
        Assert.Contains("ip link add cloudplane-vx address 0a:58:0a:f4:01:00 type vxlan id 4244 local 10.0.0.1 dstport 4789 nolearning", _commands.Ran);
        Assert.Contains("bridge fdb replace 0a:58:0a:f4:04:00 dev cloudplane-vx dst 10.8.0.4 self permanent", _commands.Ran);
        Assert.Contains("ip neigh replace 10.244.4.0 lladdr 0a:58:0a:f4:04:00 dev cloudplane-vx nud permanent", _commands.Ran);
        Assert.Contains("ip route replace 10.244.4.0/24 via 10.244.4.0 dev cloudplane-vx onlink proto 67", _commands.Ran);
    }

    [Fact]
    public async Task One_node_that_cannot_be_reached_does_not_keep_the_others_from_being()
    {
        _commands.Fail("ip -j -4 route get 10.0.0.2", "RTNETLINK answers: Network is unreachable");
        var e = await Assert.ThrowsAsync<NetworkException>(() => _network.ReconcileAsync(
            [NodeOf("n1", "10.244.1.0/24", "10.0.0.1"), NodeOf("n2", "10.244.2.0/24", "10.0.0.2"), NodeOf("n3", "10.244.3.0/24", "10.0.0.3")], default));
        Assert.Contains("Network is unreachable", e.Message);
        Assert.Contains("ip route replace 10.244.3.0/24 via 10.0.0.3 dev eth0 proto 67", _commands.Ran);
    }

    [Fact]
    public async Task The_cleanup_goes_on_after_a_failure_and_takes_what_is_gone_for_removed()
    {
        await _network.ReconcileAsync([NodeOf("n1", "10.244.1.0/24", "10.0.0.1")], default);
        _commands.Fail("ip link delete cloudplane-vx", "Cannot find device \"cloudplane-vx\"");
        _commands.Fail("ip link delete cloudplane0", "Operation not permitted");
        var e = await Assert.ThrowsAsync<NetworkException>(() => _network.CleanupAsync(default));
        Assert.Contains("Operation not permitted", e.Message);
        Assert.DoesNotContain("Cannot find", e.Message);
        Assert.Equal("nft -f - < table ip cloudplane0\ndelete table ip cloudplane0\n", _commands.Ran[^1]);
        Assert.False(File.Exists(ConfList));
        Assert.False(Directory.Exists(Path.Combine(_directory, "data")));
    }

    [Fact]
    public async Task A_chain_that_drops_gets_rules_once_and_loses_only_ours()
    {
        var nodes = new[] { NodeOf("n1", "10.244.1.0/24", "10.0.0.1") };
        _commands.Answer("iptables -w -S FORWARD", "-P FORWARD ACCEPT\n");
        await _network.ReconcileAsync(nodes, default);
        Assert.DoesNotContain(_commands.Ran, command => command.Contains("-I FORWARD", StringComparison.Ordinal));

        _commands.Answer("iptables -w -S FORWARD", "-P FORWARD DROP\n-A FORWARD -j DOCKER-USER\n-A FORWARD -s 10.244.0.0/16 -m comment --comment cloudplane-n1 -j ACCEPT\n");
        await _network.ReconcileAsync(nodes, default);
        Assert.Equal(
            ["iptables -w -I FORWARD -d 10.244.0.0/16 -m comment --comment cloudplane-n1 -j ACCEPT"],
            _commands.Ran.Where(command => command.Contains("-I FORWARD", StringComparison.Ordinal)));

        await _network.CleanupAsync(default);
        Assert.Equal(
            ["iptables -w -D FORWARD -s 10.244.0.0/16 -m comment --comment cloudplane-n1 -j ACCEPT"],
            _commands.Ran.Where(command => command.Contains("-D FORWARD", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_chains_of_port_mappings_go_when_no_port_is_mapped()
    {
        const string Chains = """
            *nat
            :POSTROUTING ACCEPT [0:0]
            :CNI-HOSTPORT-DNAT - [0:0]
            :CNI-HOSTPORT-MASQ - [0:0]
            -A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
            -A PREROUTING -j OTHER
            -A POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ
            -A CNI-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE

            """;
        _commands.Answer("iptables-save -t nat", Chains + "-A CNI-HOSTPORT-DNAT -p tcp -m multiport --dports 80 -j CNI-DN-1\n");
        await _network.CleanupAsync(default);
        Assert.DoesNotContain(_commands.Ran, command => command.StartsWith("iptables-restore", StringComparison.Ordinal));

        _commands.Answer("iptables-save -t nat", Chains);
        await _network.CleanupAsync(default);
        Assert.Equal("""
            iptables-restore -w --noflush < *nat
            -D PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT
            -D POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ
            -F CNI-HOSTPORT-MASQ
            -X CNI-HOSTPORT-DNAT
            -X CNI-HOSTPORT-MASQ
            COMMIT

            """, _commands.Ran.Single(command => command.StartsWith("iptables-restore", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_program_that_is_missing_is_told_by_name()
    {
        var e = await Assert.ThrowsAsync<NetworkException>(() => new CommandRunner().RunAsync("no-such-program", [], null, default));
        Assert.Contains("no-such-program", e.Message);
    }

    private static Node NodeOf(string name, string? podCidr, string? ip) => new()
    {
        Metadata = new ObjectMeta { Name = name },
        Spec = new NodeSpec { PodCIDR = podCidr },
        Status = new NodeStatus { Addresses = ip is null ? [] : [new NodeAddress { Type = "InternalIP", Address = ip }] },
    };
}
