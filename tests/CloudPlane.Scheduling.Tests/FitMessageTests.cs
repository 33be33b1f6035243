namespace CloudPlane.Scheduling.Tests;

public sealed class FitMessageTests
{
    [Fact]
    public void The_reasons_are_counted_and_sorted_as_text()
    {
        Rejection[] rejections =
        [
            new("node(s) were unschedulable", unresolvable: true), new(["Insufficient memory", "Insufficient cpu"], Unresolvable: false),
            new("node(s) were unschedulable", unresolvable: true),
        ];
        Assert.Equal(
            "0/3 nodes are available: 1 Insufficient cpu, 1 Insufficient memory, 2 node(s) were unschedulable. "
            + "preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.",
            FitMessage.Of(new(), rejections));
    }

    [Fact]
    public void A_pod_that_never_preempts_says_so() =>
        Assert.Equal(
            "0/1 nodes are available: 1 Too many pods. preemption: not eligible due to preemptionPolicy=Never.",
            FitMessage.Of(new() { PreemptionPolicy = "Never" }, [new("Too many pods", unresolvable: false)]));
}
