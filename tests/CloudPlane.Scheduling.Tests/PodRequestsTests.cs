using CloudPlane.Client;

namespace CloudPlane.Scheduling.Tests;

public sealed class PodRequestsTests
{
    [Theory]
    // One init container bigger than the sum of the containers.
    [InlineData("100m,200m", "500m", 500)]
    [InlineData("100m,200m", "50m", 300)]
    // A sidecar adds to the containers and to the init containers after it, not to those before.
    [InlineData("100m", "200m*,250m", 450)]
    [InlineData("100m", "250m,200m*", 300)]
    [InlineData("100m", "", 100)]
    public void Init_containers_count_as_the_most_that_runs_at_once(string containers, string inits, long milliCpu)
    {
        var spec = new PodSpec { Containers = Parse(containers), InitContainers = Parse(inits) };
        Assert.Equal(milliCpu, PodRequests.Of(spec)[ResourceAmounts.Cpu]);
    }

    [Fact]
    public void Overhead_is_added_and_pod_level_requests_go_before()
    {
        var spec = new PodSpec { Containers = Parse("100m"), Overhead = Make.Amounts(("cpu", "50m")) };
        Assert.Equal(150, PodRequests.Of(spec)[ResourceAmounts.Cpu]);
        spec = spec with { Resources = new() { Requests = Make.Amounts(("cpu", "1")) } };
        Assert.Equal(1050, PodRequests.Of(spec)[ResourceAmounts.Cpu]);
    }

    [Fact]
    public void Limits_stand_in_for_missing_requests()
    {
        var container = new Container { Resources = new() { Limits = Make.Amounts(("cpu", "1"), ("memory", "1Gi")), Requests = Make.Amounts(("cpu", "500m")) } };
        var requests = PodRequests.Of(new PodSpec { Containers = [container] });
        Assert.Equal((500, 1L << 30), (requests[ResourceAmounts.Cpu], requests[ResourceAmounts.Memory]));
    }

    private static List<Container> Parse(string list) =>
        [.. list.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(c => Make.Container(c.TrimEnd('*'), restartPolicy: c.EndsWith('*') ? "Always" : null))];
}
