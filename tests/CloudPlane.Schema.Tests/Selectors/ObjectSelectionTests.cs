using System.Text;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema.Tests;

public sealed class ObjectSelectionTests
{
    private const string PodJson =
        """{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"d","annotations":{"app":"no"},"labels":{"app":"web","n":"5"},"uid":"u"},"spec":{"containers":[{"name":"spec","image":"{\"x\":[}"}],"nodeName":"n1","securityContext":{},"hostNetwork":true},"status":{"phase":"Running","podIP":"10.0.0.1"}}""";

    private static readonly Catalog Catalog = Catalog.LoadBuiltIn();

    [Theory]
    [InlineData("app=web", "", true)]
    [InlineData("app=db", "", false)]
    [InlineData("app,!x,n>4,n<9", "", true)]
    [InlineData("app=web,app!=web", "", false)]
    [InlineData("x", "", false)]
    [InlineData("", "metadata.name=p", true)]
    [InlineData("", "metadata.name!=p", false)]
    [InlineData("", "metadata.name=p,metadata.namespace=d,spec.nodeName=n1,status.phase=Running", true)]
    [InlineData("app=web", "status.phase!=Running", false)]
    [InlineData("app=web", "status.phase!=Failed,spec.nodeName=n1", true)]
    [InlineData("", "spec.schedulerName=", true)]
    [InlineData("", "spec.schedulerName=x", false)]
    [InlineData("", "spec.hostNetwork=true", true)]
    [InlineData("", "status.podIPs=10.0.0.1", false)]
    [InlineData("!app", "metadata.name=p", false)]
    public void MatchesPods(string labels, string fields, bool expected) =>
        Assert.Equal(expected, Select("Pod", labels, fields).Matches(Encoding.UTF8.GetBytes(PodJson)));

    [Theory]
    [InlineData("""{"metadata":{}}""", "x", "", false)]
    [InlineData("""{"metadata":{}}""", "!x", "", true)]
    [InlineData("""{}""", "x!=y", "", true)]
    [InlineData("""{"metadata":{"labels":null}}""", "x!=y", "", true)]
    [InlineData("""{"spec":{"nodeName":"n1"},"metadata":{"labels":{"x":"y"},"name":"p"}}""", "x=y", "spec.nodeName=n1,metadata.name=p", true)]
    [InlineData("""{"metadata":{"labels":{"\u0078":"\u0079"}}}""", "x=y", "", true)]
    [InlineData("""{"spec":{}}""", "", "spec.hostNetwork=false", true)]
    public void AbsentEscapedAndReordered(string document, string labels, string fields, bool expected) =>
        Assert.Equal(expected, Select("Pod", labels, fields).Matches(Encoding.UTF8.GetBytes(document)));

    [Theory]
    [InlineData("""{"involvedObject":{"kind":"Pod","name":"p"},"source":{"component":"kubelet"}}""", "involvedObject.kind=Pod,source=kubelet", true)]
    [InlineData("""{"source":{},"reportingComponent":"sched"}""", "source=sched", true)]
    [InlineData("""{"source":{"component":""},"reportingComponent":"sched"}""", "source=sched", true)]
    [InlineData("""{"source":{"component":"kubelet"},"reportingComponent":"sched"}""", "source=sched", false)]
    [InlineData("""{}""", "source!=sched", true)]
    public void MatchesEvents(string document, string fields, bool expected) =>
        Assert.Equal(expected, Select("Event", "", fields).Matches(Encoding.UTF8.GetBytes(document)));

    [Fact]
    public void ReplicaSetsAreSelectedByReplicas() =>
        Assert.True(Select("ReplicaSet", "", "status.replicas=3", "apps").Matches("""{"status":{"replicas":3}}"""u8));

    [Theory]
    [InlineData("Pod", "", "spec.foo=1", "field label not supported: spec.foo")]
    [InlineData("Node", "", "metadata.namespace=x", "field label not supported: metadata.namespace")]
    [InlineData("Deployment", "apps", "spec.x=1", "\"spec.x\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"")]
    [InlineData("Pod", "", "nope", "invalid selector: 'nope'; can't understand 'nope'")]
    [InlineData("Pod", "", "metadata.name=a=b", "invalid field selector: unescaped character in value: 61")]
    [InlineData("Pod", "", "metadata.name=a\\x", "invalid field selector: invalid escape sequence: \\x")]
    public void SaysWhatIsWrong(string kind, string group, string fields, string message) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => FieldSelector.Parse(Catalog.FindKind(group, "v1", kind)!, fields)).Message);

    [Fact]
    public void KnowsTheNameItNeeds()
    {
        var pod = Catalog.FindKind("", "v1", "Pod")!;
        var selector = FieldSelector.Parse(pod, "status.phase!=Failed,metadata.name==a\\,b,spec.nodeName=n1");
        Assert.Equal(("a,b", "n1"), (selector.RequiredName, selector.RequiredValue("spec.nodeName")));
        Assert.Null(FieldSelector.Parse(pod, "metadata.name!=a").RequiredName);
        Assert.True(FieldSelector.Parse(pod, "").IsEverything);
    }

    [Fact]
    public void AMissAllocatesNothing()
    {
        var selection = Select("Pod", "app=db", "spec.nodeName=n2");
        var document = Encoding.UTF8.GetBytes(PodJson);
        selection.Matches(document);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
            selection.Matches(document);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static ObjectSelection Select(string kind, string labels, string fields, string group = "") =>
        new(LabelSelector.Parse(labels), FieldSelector.Parse(Catalog.FindKind(group, "v1", kind)!, fields));
}
