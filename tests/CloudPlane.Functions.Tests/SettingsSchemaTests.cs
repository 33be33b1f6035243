namespace CloudPlane.Functions.Tests;

public sealed class SettingsSchemaTests
{
    private static readonly SettingsSchema Schema = new("cloudplane serve", "Serves.",
    [
        new("data", "DIR", "the directory"),
        new("listen", "ADDRESS", "where", "127.0.0.1:6443"),
    ]);

    [Fact]
    public void A_flag_wins_over_the_environment_which_wins_over_the_file_which_wins_over_the_default()
    {
        Assert.Equal("127.0.0.1:6443", Read([]).Get("listen"));
        Assert.Equal("file", Read(["--config", "f"], file: "listen: file").Get("listen"));
        Assert.Equal("env", Read(["--config", "f"], file: "listen: file", listen: "env").Get("listen"));
        Assert.Equal("flag", Read(["--config=f", "--listen=flag"], file: "listen: file", listen: "env").Get("listen"));
        Assert.Equal("flag", Read(["--listen", "flag"]).Get("listen"));
        Assert.Equal("file", Read(["--config", "f"], file: "listen: file", listen: "").Get("listen"));
    }

    [Theory]
    [InlineData("--port", "unknown setting \"--port\"; see cloudplane serve --help")]
    [InlineData("serve", "unknown setting \"serve\"; see cloudplane serve --help")]
    [InlineData("--listen", "--listen needs a value")]
    [InlineData("--listen=", "--listen needs a value")]
    public void A_wrong_command_line_is_refused_by_name(string argument, string message) =>
        Assert.Equal(message, Assert.Throws<SettingsException>(() => Read([argument])).Message);

    [Theory]
    [InlineData("port: 1", "f: unknown setting \"port\"")]
    [InlineData("- a", "f: line 1: expected a flat mapping of settings")]
    [InlineData("listen: [a]", "f: line 1: expected a flat mapping of settings")]
    [InlineData("listen: \"a", "f: line 1: expected a flat mapping of settings")]
    public void A_wrong_file_is_refused_by_place(string file, string message) =>
        Assert.StartsWith(message, Assert.Throws<SettingsException>(() => Read(["--config", "f"], file)).Message, StringComparison.Ordinal);

    [Fact]
    public void Demanded_settings_are_demanded_by_name() =>
        Assert.Equal("--data is required", Assert.Throws<SettingsException>(() => Read([]).Get("data")).Message);

    [Fact]
    public void Help_tells_every_setting_its_default_and_its_variable()
    {
        var help = Schema.Help();
        foreach (var expected in new[] { "--data DIR", "--listen ADDRESS", "(default 127.0.0.1:6443)", "CLOUDPLANE_LISTEN", "--config FILE" })
            Assert.Contains(expected, help, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("15m", 900)]
    [InlineData("24h", 86400)]
    [InlineData("7d", 604800)]
    public void Durations(string text, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Read(["--data", text]).GetDuration("data"));

    [Theory]
    [InlineData("")]
    [InlineData("h")]
    [InlineData("0s")]
    [InlineData("-1s")]
    [InlineData("5")]
    [InlineData("99999999999d")]
    public void What_is_no_duration(string text) => Assert.Throws<SettingsException>(() => Read(["--data", text]).GetDuration("data"));

    private static Settings Read(string[] args, string file = "", string? listen = null) =>
        Schema.Read(args, name => name == "CLOUDPLANE_LISTEN" ? listen : null, _ => file);
}
