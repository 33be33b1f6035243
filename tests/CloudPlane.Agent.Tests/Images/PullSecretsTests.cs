using System.Text;
using V1 = CloudPlane.Cri.V1;

namespace CloudPlane.Agent.Tests;

public sealed class PullSecretsTests
{
    [Theory]
    [InlineData("https://index.docker.io/v1/", "busybox:1", true)]
    [InlineData("https://index.docker.io/v1/", "team/app:1", true)]
    [InlineData("index.docker.io/v1", "busybox:1", true)]
    [InlineData("docker.io", "docker.io/library/busybox:1", true)]
    [InlineData("docker.io", "index.docker.io/team/app:1", true)]
    [InlineData("docker.io/team", "team/app:1", true)]
    [InlineData("docker.io/team", "other/app:1", false)]
    [InlineData("docker.io", "reg.example/x:1", false)]
    [InlineData("reg.example", "reg.example/x:1", true)]
    [InlineData("https://reg.example/v2/", "reg.example/x:1", true)]
    [InlineData("http://reg.example/", "reg.example/x:1", true)]
    [InlineData("reg.example", "reg.example:5000/x:1", false)]
    [InlineData("reg.example:5000", "reg.example:5000/x:1", true)]
    [InlineData("reg.example:5000", "reg.example/x:5000", false)]
    [InlineData("reg.example/team", "reg.example/team/app:1", true)]
    [InlineData("reg.example/team", "reg.example/teams/app:1", true)]
    [InlineData("reg.example/team/", "reg.example/teams/app:1", false)]
    [InlineData("reg.example/team", "reg.example/other/team:1", false)]
    [InlineData("*.azurecr.io", "mine.azurecr.io/x:1", true)]
    [InlineData("https://*.azurecr.io/team", "mine.azurecr.io/team/x:1", true)]
    [InlineData("https://*.azurecr.io/team", "mine.azurecr.io/x:1", false)]
    [InlineData("*.azurecr.io", "azurecr.io/x:1", false)]
    [InlineData("*.azurecr.io", "a.b.azurecr.io/x:1", false)]
    [InlineData("*.io", "mine.azurecr.io/x:1", false)]
    [InlineData("*.azurecr.io", "mine.azurecr.io.evil.example/x:1", false)]
    [InlineData("*.azurecr.io", "mine.azurecr.io:5000/x:1", false)]
    [InlineData("*.example:5000", "reg.example:5000/x:1", true)]
    [InlineData("reg.*", "reg.example/x:1", true)]
    [InlineData("app*.example", "app12.example/x:1", true)]
    [InlineData("app?.example", "app1.example/x:1", true)]
    [InlineData("app?.example", "app12.example/x:1", false)]
    [InlineData("reg.example/*", "reg.example/x:1", false)]
    [InlineData("localhost:*", "localhost:5000/x:1", false)]
    [InlineData("[::1]:5000", "[::1]:5000/x:1", true)]
    public void A_key_is_for_the_images_that_the_kubelet_takes_it_for(string key, string reference, bool fits)
    {
        var found = new List<(string Key, V1.AuthConfig Credential)>();
        PullSecrets.Add(found, Config((key, "u")), reference, nested: true);
        Assert.Equal(fits ? 1 : 0, found.Count);
    }

    [Fact]
    public void A_credential_is_read_however_it_is_written()
    {
        var config = Base64("""{"auths":{"https://index.docker.io/v1/":{"auth":"dTpw"},"reg.example:5000":{"username":"a","password":"b"}}}""");
        var found = new List<(string Key, V1.AuthConfig Credential)>();
        PullSecrets.Add(found, config, "busybox:1", nested: true);
        Assert.Equal(("u", "p"), (found.Single().Credential.Username, found.Single().Credential.Password));
        found.Clear();
        PullSecrets.Add(found, config, "reg.example:5000/x:1", nested: true);
        Assert.Equal("a", found.Single().Credential.Username);
        PullSecrets.Add(found, "not base64", "x", nested: true);
        Assert.Single(found);
    }

    [Fact]
    public async Task The_most_specific_key_of_all_secrets_comes_first()
    {
        var pod = TestPods.Parse("""{"metadata":{"name":"p","namespace":"n"},"spec":{"imagePullSecrets":[{"name":"one"},{"name":"gone"},{"name":"two"}]}}""");
        var objects = new EnvironmentTests.Objects();
        objects.Secrets["one"] = Secret(("*.example", "glob"), ("reg.example", "host"), ("other.example", "other"));
        objects.Secrets["two"] = Secret(("reg.example/team/app", "app"), ("reg.example", "host of two"), ("https://reg.example/v2/team", "team"));
        var (credentials, absent) = await PullSecrets.ForAsync(pod, "reg.example/team/app:1", objects, CancellationToken.None);
        Assert.Equal(["app", "team", "host", "host of two", "glob"], credentials.Select(c => c.Username));
        Assert.Equal(["gone"], absent);
    }

    private static string Secret(params (string Key, string Username)[] entries) =>
        $$$"""{"data":{".dockerconfigjson":"{{{Config(entries)}}}"}}""";

    private static string Config(params (string Key, string Username)[] entries) =>
        Base64($$$"""{"auths":{{{{string.Join(',', entries.Select(e => $$"""  "{{e.Key}}":{"username":"{{e.Username}}","password":"p"} """))}}}}}""");

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
