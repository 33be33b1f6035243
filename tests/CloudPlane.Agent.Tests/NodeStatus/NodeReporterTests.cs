using CloudPlane.Client;

namespace CloudPlane.Agent.Tests;

public sealed class NodeReporterTests
{
    [Theory]
    [InlineData("16777216Ki", "16Gi", true)]
    [InlineData("1048576Ki", "1Gi", true)]
    [InlineData("24683060Ki", "24683060Ki", true)]
    [InlineData("16777216Ki", "16777215Ki", false)]
    [InlineData("16777216Ki", "much", false)]
    public void A_status_that_the_API_wrote_in_canonical_form_is_not_reported_again(string ours, string stored, bool same)
    {
        Assert.Equal(same, NodeReporter.Same(Status("memory", stored, DateTimeOffset.UnixEpoch), Status("memory", ours, DateTimeOffset.UtcNow)));
        Assert.False(NodeReporter.Same(Status("cpu", stored, DateTimeOffset.UnixEpoch), Status("memory", ours, DateTimeOffset.UnixEpoch)));
    }

    private static Client.NodeStatus Status(string resource, string quantity, DateTimeOffset heartbeat) => new()
    {
        Capacity = new Dictionary<string, string> { [resource] = quantity, ["pods"] = "110" },
        Allocatable = new Dictionary<string, string> { ["pods"] = "110", [resource] = quantity },
        Conditions = [new NodeCondition { Type = "Ready", Status = "True", LastHeartbeatTime = heartbeat }],
    };
}
