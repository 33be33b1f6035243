namespace CloudPlane.Agent.Tests;

public sealed class CommandLineTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("agent-options-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Flags_win_over_environment_over_file()
    {
        var file = Path.Combine(_directory, "c.yaml");
        File.WriteAllText(file,
            "server: https://file:1\nname: from-file\ntoken: file\nlabels:\n  a: b\n  c: d\ntaints: [ 'x=y:NoSchedule' ]\n");
        var options = Run(["run", "--server", "https://flag:1", "--data", _directory, $"--config={file}"],
            new() { ["CLOUDPLANE_SERVER"] = "https://env:1", ["CLOUDPLANE_NAME"] = "from-env" });
        Assert.Equal(("https://flag:1/", "from-env", "file"), (options.Server.ToString(), options.NodeName, options.Token));
        Assert.Equal("d", options.Labels["c"]);
        Assert.Equal("NoSchedule", options.Taints.Single().Effect);
        Assert.Equal(Path.Combine(_directory, "cni/net.d"), options.CniConfDirectory);
    }

    [Theory]
    [InlineData("https://api.test", true)]
    [InlineData("https://api.test/clusters/team", true)]
    [InlineData("https://api.test/clusters/team/", true)]
    [InlineData("https://api.test/clusters/", false)]
    [InlineData("https://api.test/clusters/team/api", false)]
    [InlineData("https://api.test/api", false)]
    [InlineData("https://api.test/?a=b", false)]
    public void A_server_is_a_control_plane_or_one_of_its_clusters(string server, bool valid)
    {
        var parsed = CommandLine.Parse(["run", "--server", server, "--token", "t", "--data", _directory], _ => null, "1");
        if (valid) Assert.IsType<CommandLine.Run>(parsed);
        else Assert.Contains("is no address of an API server", Assert.Single(Assert.IsType<CommandLine.Wrong>(parsed).Errors));
    }

    [Fact]
    public void All_errors_come_at_once()
    {
        var errors = Assert.IsType<CommandLine.Wrong>(CommandLine.Parse(
            ["run", "--server", "http://example.org", "--name", "Bad_Name", "--nope", "--labels", "x", "--data", _directory, "--max-pods",
            "0"], _ => null, "1")).Errors;
        Assert.Contains(errors, e => e.Contains("must be https"));
        Assert.Contains(errors, e => e.Contains("Bad_Name"));
        Assert.Contains(errors, e => e.Contains("unknown flag --nope"));
        Assert.Contains(errors, e => e.Contains("--labels"));
        Assert.Contains(errors, e => e.Contains("--max-pods"));
        Assert.Contains(errors, e => e.Contains("--token is missing"));
    }

    [Fact]
    public void A_bad_file_says_where()
    {
        var file = Path.Combine(_directory, "c.yaml");
        File.WriteAllText(file, "server: https://a\nnope: 1\n");
        var errors = Assert.IsType<CommandLine.Wrong>(CommandLine.Parse(["run", "--config", file, "--token", "t", "--data", _directory],
            _ => null, "1")).Errors;
        Assert.Equal($"{file}:2: unknown setting \"nope\"", Assert.Single(errors));
    }

    [Fact]
    public void Help_names_every_setting()
    {
        var text = Assert.IsType<CommandLine.Print>(CommandLine.Parse(["run", "--help"], _ => null, "1")).Text;
        foreach (var setting in Setting.All)
        {
            Assert.Contains($"--{setting.Name}", text);
            Assert.Contains(setting.Variable, text);
        }
        Assert.Contains("1.2.3", Assert.IsType<CommandLine.Print>(CommandLine.Parse(["--version"], _ => null, "1.2.3")).Text);
        Assert.IsType<CommandLine.Wrong>(CommandLine.Parse([], _ => null, "1"));
        Assert.IsType<CommandLine.Wrong>(CommandLine.Parse(["walk"], _ => null, "1"));
    }

    [Fact]
    public void The_node_token_is_kept_for_its_owner_only()
    {
        var path = Path.Combine(_directory, "sub", "node.token");
        var token = new NodeToken("secret", DateTimeOffset.UnixEpoch);
        token.Save(path);
        Assert.Equal(token, NodeToken.Load(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.DoesNotContain("secret", token.ToString());
        Assert.Null(NodeToken.Parse("{\"token\":1}"u8));
        Assert.Null(NodeToken.Parse("nonsense"u8));
    }

    private static AgentOptions Run(string[] args, Dictionary<string, string> environment) =>
        Assert.IsType<CommandLine.Run>(CommandLine.Parse(args, name => environment.GetValueOrDefault(name), "1")).Options;
}
