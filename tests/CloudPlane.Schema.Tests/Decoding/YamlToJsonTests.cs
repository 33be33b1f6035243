using System.Text;

namespace CloudPlane.Schema.Tests;

public sealed class YamlToJsonTests
{
    [Theory]
    [InlineData("yes", "true")]
    [InlineData("No", "false")]
    [InlineData("on", "true")]
    [InlineData("OFF", "false")]
    [InlineData("y", "\"y\"")]
    [InlineData("~", "null")]
    [InlineData("", "null")]
    [InlineData("0777", "511")]
    [InlineData("0o17", "15")]
    [InlineData("08", "8")]
    [InlineData("0x1F", "31")]
    [InlineData("0b101", "5")]
    [InlineData("1_000", "1000")]
    [InlineData("-5", "-5")]
    [InlineData("1e3", "1000")]
    [InlineData("1.0", "1")]
    [InlineData("0.5", "0.5")]
    [InlineData("18446744073709551615", "18446744073709551615")]
    [InlineData("1.2.3", "\"1.2.3\"")]
    [InlineData("10.0.0.1", "\"10.0.0.1\"")]
    [InlineData("500m", "\"500m\"")]
    [InlineData("2024-01-01", "\"2024-01-01\"")]
    [InlineData("12:30", "\"12:30\"")]
    [InlineData("'yes'", "\"yes\"")]
    [InlineData("!!str 5", "\"5\"")]
    [InlineData("!!float 5", "5")]
    public void Scalars(string yaml, string json) => Assert.Equal($"{{\"a\":{json}}}", Convert($"a: {yaml}"));

    [Theory]
    [InlineData("1: a\ntrue: b\n0.5: c", """{"1":"a","true":"b","0.5":"c"}""")]
    [InlineData("a: &x {b: 1}\nc: *x", """{"a":{"b":1},"c":{"b":1}}""")]
    [InlineData("base: &x {b: 1, c: 2}\nd: {<<: *x, c: 3}", """{"base":{"b":1,"c":2},"d":{"c":3,"b":1}}""")]
    [InlineData("a: 1\na: 2", """{"a":1,"a":2}""")]
    [InlineData("", "null")]
    [InlineData("# nothing", "null")]
    [InlineData("---\na: |\n  x\n  y\n", """{"a":"x\ny\n"}""")]
    public void Documents(string yaml, string json) => Assert.Equal(json, Convert(yaml));

    [Theory]
    [InlineData("a: [", "yaml: line")]
    [InlineData("a: b: c", "yaml: line 1")]
    [InlineData("a: 1\n---\nb: 2", "yaml: line 2: expected a single document")]
    [InlineData("a: *x", "yaml: line 1: unknown anchor 'x' referenced")]
    [InlineData("a: &x [*x]", "yaml: line 1: anchor 'x' value contains itself")]
    [InlineData("a: .inf", "yaml: line 1: json: unsupported value: .inf")]
    [InlineData("[1]: a", "yaml: line 1: invalid map key")]
    [InlineData("<<: 5", "yaml: line 1: map merge requires")]
    [InlineData("!!int x", "yaml: line 1: cannot decode !!str `x` as a !!int")]
    public void Errors(string yaml, string error) =>
        Assert.StartsWith(error, Assert.Throws<FormatException>(() => Convert(yaml)).Message, StringComparison.Ordinal);

    [Fact]
    public void Invalid_UTF8_is_refused() => Assert.Throws<FormatException>(() => YamlToJson.Convert([0x61, 0x3a, 0xff]));

    [Fact]
    public void Alias_bombs_are_refused()
    {
        var yaml = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 10; i++)
            yaml.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        Assert.Contains("excessive aliasing", Assert.Throws<FormatException>(() => Convert(yaml.ToString())).Message, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => Convert(new string('[', 100_000)));
        Assert.Throws<FormatException>(() => Convert(string.Concat(Enumerable.Repeat("- ", 10_000))));
    }

    [Fact]
    public void Duplicate_keys_are_strict_errors() =>
        Assert.Equal(["duplicate field \"spec.replicas\""], Fixture.DecodeYaml("Deployment", "spec:\n  replicas: 1\n  replicas: 2").StrictErrors);

    private static string Convert(string yaml) => Encoding.UTF8.GetString(YamlToJson.Convert(Encoding.UTF8.GetBytes(yaml)));
}
