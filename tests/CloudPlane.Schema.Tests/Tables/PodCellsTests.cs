namespace CloudPlane.Schema.Tests;

public sealed class PodCellsTests
{
    [Fact]
    public void ARunningPodWide() => Assert.Equal(
        ["p", "1/2", "Running", "2 (5m ago)", "3h", "10.0.0.7", "n1", "<none>", "1/2"],
        Rows.Print("", "Pod", """
            {"metadata":{"name":"p","creationTimestamp":"2026-01-02T09:00:00Z"},
             "spec":{"nodeName":"n1","containers":[{"name":"a"},{"name":"b"}],"readinessGates":[{"conditionType":"x"},{"conditionType":"y"}]},
             "status":{"phase":"Running","podIPs":[{"ip":"10.0.0.7"}],"conditions":[{"type":"x","status":"True"},{"type":"y","status":"False"}],
               "containerStatuses":[{"name":"a","ready":true,"restartCount":2,"state":{"running":{}},"lastState":{"terminated":{"finishedAt":"2026-01-02T11:55:00Z"}}},
                 {"name":"b","ready":false,"restartCount":0,"state":{"running":{}}}]}}
            """));

    [Fact]
    public void APendingPodHasNothingYet() => Assert.Equal(
        ["p", "0/1", "Pending", "0", "<unknown>", "<none>", "<none>", "<none>", "<none>"],
        Rows.Print("", "Pod", """{"metadata":{"name":"p"},"spec":{"containers":[{"name":"a"}]},"status":{"phase":"Pending"}}"""));

    [Theory]
    [InlineData("Init:0/2", """{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"waiting":{"reason":"PodInitializing"}}}]}""")]
    [InlineData("Init:1/2", """{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":0}}},{"name":"j","state":{"running":{}}}]}""")]
    [InlineData("Init:ExitCode:3", """{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":3}}}]}""")]
    [InlineData("Init:Signal:9", """{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":137,"signal":9}}}]}""")]
    [InlineData("Init:Error", """{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":1,"reason":"Error"}}}]}""")]
    [InlineData("Init:CrashLoopBackOff", """{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}""")]
    [InlineData("PodInitializing", """{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":0}}}],"containerStatuses":[{"name":"a","state":{"waiting":{"reason":"PodInitializing"}}}]}""")]
    [InlineData("CrashLoopBackOff", """{"phase":"Running","containerStatuses":[{"name":"a","state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}""")]
    [InlineData("ImagePullBackOff", """{"phase":"Pending","containerStatuses":[{"name":"a","state":{"waiting":{"reason":"ImagePullBackOff"}}},{"name":"b","state":{"waiting":{"reason":"ContainerCreating"}}}]}""")]
    [InlineData("Completed", """{"phase":"Succeeded","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":0,"reason":"Completed"}}}]}""")]
    [InlineData("ExitCode:2", """{"phase":"Failed","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":2}}}]}""")]
    [InlineData("NotReady", """{"phase":"Running","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":0,"reason":"Completed"}}},{"name":"b","ready":true,"state":{"running":{}}}]}""")]
    [InlineData("Running", """{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":0,"reason":"Completed"}}},{"name":"b","ready":true,"state":{"running":{}}}]}""")]
    [InlineData("Evicted", """{"phase":"Failed","reason":"Evicted"}""")]
    [InlineData("SchedulingGated", """{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"SchedulingGated"}]}""")]
    public void StatusIsTheMostTellingReason(string expected, string status) => Assert.Equal(
        expected, Rows.Print("", "Pod", $$$"""{"metadata":{"name":"p"},"spec":{"initContainers":[{"name":"i"},{"name":"j"}],"containers":[{"name":"a"}]},"status":{{{status}}}}""")[2]);

    [Theory]
    [InlineData("Terminating", """{"phase":"Running"}""")]
    [InlineData("Unknown", """{"phase":"Running","reason":"NodeLost"}""")]
    [InlineData("Succeeded", """{"phase":"Succeeded"}""")]
    public void ADeletedPodIsTerminating(string expected, string status) => Assert.Equal(
        expected, Rows.Print("", "Pod", $$$"""{"metadata":{"name":"p","deletionTimestamp":"2026-01-02T12:00:00Z"},"status":{{{status}}}}""")[2]);

    [Fact]
    public void SidecarsCountAsContainers() => Assert.Equal(
        ["2/2", "Running", "4"],
        Rows.Print("", "Pod", """
            {"metadata":{"name":"p"},"spec":{"initContainers":[{"name":"i"},{"name":"s","restartPolicy":"Always"}],"containers":[{"name":"a"}]},
             "status":{"phase":"Running","initContainerStatuses":[{"name":"i","restartCount":7,"state":{"terminated":{"exitCode":0}}},
               {"name":"s","restartCount":3,"started":true,"ready":true,"state":{"running":{}}}],
               "containerStatuses":[{"name":"a","restartCount":1,"ready":true,"state":{"running":{}}}]}}
            """)[1..4]);
}
