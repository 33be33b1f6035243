using System.Text.Json.Nodes;

namespace CloudPlane.Schema.Tests;

public sealed class LabelSelectorTests
{
    private static readonly Dictionary<string, string> Labels = new() { ["app"] = "web", ["tier"] = "front", ["n"] = "5", ["empty"] = "" };

    [Theory]
    [InlineData("", true)]
    [InlineData("app=web", true)]
    [InlineData("app==web,tier=front", true)]
    [InlineData("app != db", true)]
    [InlineData("other!=db", true)]
    [InlineData("app in (db, web)", true)]
    [InlineData("app notin (web)", false)]
    [InlineData("other notin (web)", true)]
    [InlineData("app", true)]
    [InlineData("!app", false)]
    [InlineData("! other", true)]
    [InlineData("n>4,n<6", true)]
    [InlineData("n>5", false)]
    [InlineData("app>1", false)]
    [InlineData("empty=", true)]
    [InlineData("empty in ()", true)]
    [InlineData("app in (,web)", true)]
    [InlineData("in in (in,notin)", false)]
    [InlineData("example.com/x=y", false)]
    public void Matches(string selector, bool expected) => Assert.Equal(expected, LabelSelector.Parse(selector).Matches(Labels));

    [Theory]
    [InlineData("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt")]
    [InlineData("a=b=c", "found '=', expected: ',' or 'end of string'")]
    [InlineData(",a", "found ',', expected: !, identifier, or 'end of string'")]
    [InlineData("a,,b", "found ',', expected: identifier after ','")]
    [InlineData("a,", "found '', expected: identifier after ','")]
    [InlineData("a in b", "unable to parse requirement: found 'b' expected: '('")]
    [InlineData("a in (b", "unable to parse requirement: found '', expected: ',' or ')'")]
    [InlineData("a in (=)", "unable to parse requirement: found '=', expected: ',', ')' or identifier")]
    [InlineData("!", "unable to parse requirement: found '', expected: identifier")]
    [InlineData("a==(", "unable to parse requirement: found '(', expected: identifier")]
    [InlineData("n>x", "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer")]
    [InlineData("!a=b", "found '=', expected: ',' or 'end of string'")]
    public void SaysWhatItExpected(string selector, string message) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => LabelSelector.Parse(selector)).Message);

    [Theory]
    [InlineData("a/b/c=d", "unable to parse requirement: <nil>: Invalid value: \"a/b/c\": a qualified name must consist of alphanumeric characters")]
    [InlineData("-a", "unable to parse requirement: <nil>: Invalid value: \"-a\": name part must consist of alphanumeric characters")]
    [InlineData("a=-b", "unable to parse requirement: values[0][a]: Invalid value: \"-b\": a valid label must be an empty string or consist of")]
    public void ChecksLabelSyntax(string selector, string start) =>
        Assert.StartsWith(start, Assert.Throws<FormatException>(() => LabelSelector.Parse(selector)).Message);

    [Fact]
    public void ReadsALabelSelectorObject()
    {
        var selector = LabelSelector.FromObject((JsonObject)JsonNode.Parse(
            """{"matchLabels":{"app":"web"},"matchExpressions":[{"key":"tier","operator":"In","values":["front","back"]},{"key":"x","operator":"DoesNotExist"}]}""")!);
        Assert.True(selector.Matches(Labels));
        Assert.Equal("app=web,tier in (back,front),!x", selector.ToString());
    }

    [Fact]
    public void AnAbsentSelectorObjectSelectsNothingAnEmptyOneEverything()
    {
        Assert.False(LabelSelector.FromObject(null).Matches(Labels));
        Assert.False(LabelSelector.FromObject(null).IsEverything);
        Assert.True(LabelSelector.FromObject([]).IsEverything);
    }

    [Theory]
    [InlineData("""{"matchExpressions":[{"key":"a","operator":"Near"}]}""", "\"Near\" is not a valid label selector operator")]
    [InlineData("""{"matchExpressions":[{"key":"a","operator":"In"}]}""", "values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty")]
    [InlineData("""{"matchLabels":{"a":5}}""", "matchLabels[a] is not a string")]
    public void RefusesWhatIsNoSelector(string json, string message) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => LabelSelector.FromObject((JsonObject)JsonNode.Parse(json)!)).Message);
}
