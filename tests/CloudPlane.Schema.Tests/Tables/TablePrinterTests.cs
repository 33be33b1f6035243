using System.Text.Json;

namespace CloudPlane.Schema.Tests;

public sealed class TablePrinterTests
{
    private const string Metadata = """ "metadata":{"name":"x","creationTimestamp":"2026-01-02T11:59:00Z"} """;

    [Theory]
    [InlineData("", "ConfigMap", """ "data":{"a":"1"},"binaryData":{"b":""} """, "x|2|60s")]
    [InlineData("", "Secret", """ "type":"Opaque","data":{"a":"MQ=="} """, "x|Opaque|1|60s")]
    [InlineData("", "ServiceAccount", """ "secrets":[] """, "x|0|60s")]
    [InlineData("", "Namespace", """ "status":{"phase":"Active"} """, "x|Active|60s")]
    [InlineData("coordination.k8s.io", "Lease", """ "spec":{"holderIdentity":"n1"} """, "x|n1|60s")]
    [InlineData("", "Node",
        """ "status":{"conditions":[{"type":"Ready","status":"True"}],"nodeInfo":{"kubeletVersion":"v1.34.0","osImage":"Debian"},"addresses":[{"type":"InternalIP","address":"10.1.0.1"}]},"spec":{"unschedulable":true} """,
        "x|Ready,SchedulingDisabled|<none>|60s|v1.34.0|10.1.0.1|<none>|Debian|<unknown>|<unknown>")]
    [InlineData("", "Node", """ "status":{"conditions":[{"type":"Ready","status":"Unknown"}]} """, "x|NotReady|<none>|60s||<none>|<none>|<unknown>|<unknown>|<unknown>")]
    [InlineData("apps", "Deployment",
        """ "spec":{"replicas":3,"selector":{"matchLabels":{"b":"2","a":"1"}},"template":{"spec":{"containers":[{"name":"c","image":"i:1"},{"name":"d","image":"j"}]}}},"status":{"readyReplicas":2,"updatedReplicas":1,"availableReplicas":2} """,
        "x|2/3|1|2|60s|c,d|i:1,j|a=1,b=2")]
    [InlineData("apps", "ReplicaSet", """ "spec":{"replicas":3,"selector":{}},"status":{"replicas":2,"readyReplicas":1} """, "x|3|2|1|60s|||<none>")]
    [InlineData("", "Service",
        """ "spec":{"type":"NodePort","clusterIPs":["10.96.0.5"],"ports":[{"port":80,"nodePort":30080,"protocol":"TCP"},{"port":53,"protocol":"UDP"}],"selector":{"b":"2","a":"1"}} """,
        "x|NodePort|10.96.0.5|<none>|80:30080/TCP,53/UDP|60s|a=1,b=2")]
    [InlineData("", "Service", """ "spec":{"type":"LoadBalancer","clusterIP":"None"} """, "x|LoadBalancer|None|<pending>|<none>|60s|<none>")]
    [InlineData("", "Service", """ "spec":{"type":"ExternalName","externalName":"e.org"} """, "x|ExternalName|<none>|e.org|<none>|60s|<none>")]
    [InlineData("discovery.k8s.io", "EndpointSlice",
        """ "addressType":"IPv4","ports":[{"port":80},{"name":"n"}],"endpoints":[{"addresses":["1.1.1.1"]},{"addresses":["1.1.1.2"]},{"addresses":["1.1.1.3"]},{"addresses":["1.1.1.4"]}] """,
        "x|IPv4|80,n|1.1.1.1,1.1.1.2,1.1.1.3 + 1 more...|60s")]
    [InlineData("discovery.k8s.io", "EndpointSlice", """ "addressType":"IPv4" """, "x|IPv4|<unset>|<unset>|60s")]
    [InlineData("", "Event",
        """ "type":"Normal","reason":"Pulled","message":" done\n","involvedObject":{"kind":"Pod","name":"p","fieldPath":"spec.containers{a}"},"source":{"component":"kubelet","host":"n1"},"firstTimestamp":"2026-01-02T11:00:00Z","lastTimestamp":"2026-01-02T11:59:55Z","count":4 """,
        "5s|Normal|Pulled|pod/p|spec.containers{a}|kubelet, n1|done|60m|4|x")]
    [InlineData("", "Event", """ "eventTime":"2026-01-02T11:59:50.000000Z","reportingComponent":"sched","involvedObject":{"kind":"Node"} """, "10s|||node||sched||10s|1|x")]
    [InlineData("", "Event", """ "series":{"count":9,"lastObservedTime":"2026-01-02T11:59:58.5Z"} """, "1s||||||" + "|<unknown>|9|x")]
    public void PrintsTheKindsOwnCells(string group, string kind, string fields, string expected) =>
        Assert.Equal(expected, string.Join('|', Rows.Print(group, kind, $"{{{Metadata},{fields}}}")));

    [Fact]
    public void RolesComeFromLabels() => Assert.Equal("control-plane,worker", Rows.Print("", "Node",
        """{"metadata":{"name":"n","labels":{"node-role.kubernetes.io/worker":"","node-role.kubernetes.io/control-plane":"","kubernetes.io/role":"worker"}}}""")[2]);

    [Fact]
    public void AScaleHasItsOwnColumns()
    {
        var scale = JsonDocument.Parse($"{{{Metadata},\"spec\":{{\"replicas\":3}},\"status\":{{\"replicas\":2}}}}").RootElement;
        Assert.Equal(["x", "3", "2", "60s"], Rows.Write(w => TablePrinter.WriteScaleCells(w, scale, Rows.Now)));
    }

    [Fact]
    public void AnEmptyOrStrangeObjectStillHasItsCells()
    {
        foreach (var resource in Catalog.LoadBuiltIn().Resources.Where(r => r.Columns.Count > 0))
        {
            Rows.Print(resource.Group, resource.Kind, "{}");
            Rows.Print(resource.Group, resource.Kind, """{"metadata":[],"spec":"x","status":{"conditions":{},"containerStatuses":[1,null]}}""");
        }
    }

    [Fact]
    public void EveryColumnIsDescribed() => Assert.All(
        Catalog.LoadBuiltIn().Resources.SelectMany(r => r.Columns.Concat(r.Subresources.SelectMany(s => s.Columns))), c => Assert.NotEqual("", c.Description));

    [Theory]
    [InlineData(-5, "<invalid>")]
    [InlineData(-1, "0s")]
    [InlineData(119, "119s")]
    [InlineData(120, "2m")]
    [InlineData(125, "2m5s")]
    [InlineData(600, "10m")]
    [InlineData(3 * 3600 - 1, "179m")]
    [InlineData(3 * 3600, "3h")]
    [InlineData(3 * 3600 + 60, "3h1m")]
    [InlineData(47 * 3600, "47h")]
    [InlineData(49 * 3600, "2d1h")]
    [InlineData(8 * 86400, "8d")]
    [InlineData(729 * 86400, "729d")]
    [InlineData(731 * 86400, "2y1d")]
    [InlineData(3000L * 86400, "8y")]
    public void AgesAreHuman(long seconds, string expected) => Assert.Equal(expected, HumanDuration.Format(TimeSpan.FromSeconds(seconds)));
}
