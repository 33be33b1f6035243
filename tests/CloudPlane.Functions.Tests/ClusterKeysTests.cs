using System.Security.Cryptography.X509Certificates;

namespace CloudPlane.Functions.Tests;

public sealed class ClusterKeysTests : IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("cloudplane-keys-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public void Keys_are_made_once_and_kept()
    {
        using var first = ClusterKeys.OpenOrCreate(_data, TimeProvider.System);
        using var second = ClusterKeys.OpenOrCreate(_data, TimeProvider.System);
        Assert.Equal(first.CaCertificate.Thumbprint, second.CaCertificate.Thumbprint);
        Assert.Equal(first.SigningKey.ExportSubjectPublicKeyInfoPem(), second.SigningKey.ExportSubjectPublicKeyInfoPem());
        Assert.Equal(first.ServerCertificate(["localhost"]).Thumbprint, second.ServerCertificate(["localhost"]).Thumbprint);
        Assert.Equal(first.AdminCertificate().Thumbprint, second.AdminCertificate().Thumbprint);
    }

    [Fact]
    public void Nobody_else_may_read_them()
    {
        using var keys = ClusterKeys.OpenOrCreate(_data, TimeProvider.System);
        keys.AdminCertificate();
        foreach (var file in Directory.GetFiles(Path.Combine(_data, "pki")))
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public void The_server_certificate_names_its_hosts_and_is_renewed_when_they_change()
    {
        using var keys = ClusterKeys.OpenOrCreate(_data, TimeProvider.System);
        var first = keys.ServerCertificate(["localhost", "127.0.0.1"]);
        Assert.True(first.MatchesHostname("127.0.0.1") && first.MatchesHostname("localhost"));
        Assert.False(first.MatchesHostname("172.30.0.1"));
        var second = keys.ServerCertificate(["localhost", "172.30.0.1"]);
        Assert.True(second.MatchesHostname("172.30.0.1"));
    }

    [Fact]
    public void Leaves_are_renewed_when_a_third_of_their_life_is_left()
    {
        var clock = new SettableClock(DateTimeOffset.UtcNow);
        using var keys = ClusterKeys.OpenOrCreate(_data, clock);
        var first = keys.AdminCertificate().Thumbprint;
        clock.Now += TimeSpan.FromDays(200);
        Assert.Equal(first, keys.AdminCertificate().Thumbprint);
        clock.Now += TimeSpan.FromDays(60);
        Assert.NotEqual(first, keys.AdminCertificate().Thumbprint);
    }

    [Fact]
    public void The_administrator_is_in_system_masters_and_chains_to_the_CA()
    {
        using var keys = ClusterKeys.OpenOrCreate(_data, TimeProvider.System);
        var admin = keys.AdminCertificate();
        Assert.Contains("O=system:masters", admin.Subject, StringComparison.Ordinal);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(keys.CaCertificate);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        Assert.True(chain.Build(admin));
    }

    [Fact]
    public void A_damaged_key_is_reported_and_never_replaced()
    {
        ClusterKeys.OpenOrCreate(_data, TimeProvider.System).Dispose();
        var path = Path.Combine(_data, "pki", "ca.key");
        File.WriteAllText(path, "garbage");
        var error = Assert.Throws<StartupException>(() => ClusterKeys.OpenOrCreate(_data, TimeProvider.System));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Equal("garbage", File.ReadAllText(path));
    }

    [Fact]
    public void Tokens_need_a_control_plane_that_has_started()
    {
        var error = Assert.Throws<StartupException>(() => ClusterKeys.OpenSigningKeyOnly(_data));
        Assert.Contains("cloudplane serve", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_kubeconfig_embeds_everything()
    {
        using var keys = ClusterKeys.OpenOrCreate(_data, TimeProvider.System);
        var text = Kubeconfig.Build("https://127.0.0.1:6443", keys.CaCertificate, keys.AdminCertificate());
        Assert.Contains("server: https://127.0.0.1:6443", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String("-----BEGIN PRIVATE"u8)[..20], text.Split("client-certificate-data")[0], StringComparison.Ordinal);
        Assert.Contains("client-key-data: " + Convert.ToBase64String("-----BEGIN PRIVATE"u8)[..20], text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kubeconfig_stays_its_user_s_while_it_leads_to_the_server()
    {
        using var keys = ClusterKeys.OpenOrCreate(_data, TimeProvider.System);
        var built = Kubeconfig.Build("https://127.0.0.1:6443", keys.CaCertificate, keys.AdminCertificate());
        // `kubectl config set-context --current --namespace shop` reorders the file, too.
        var edited = string.Join('\n', built.Split('\n').Reverse()) + "\n    namespace: shop\npreferences: {}\n";
        Assert.True(Kubeconfig.Agrees(edited, built));
        Assert.False(Kubeconfig.Agrees(edited.Replace(":6443", ":7443", StringComparison.Ordinal), built));
        Assert.False(Kubeconfig.Agrees(edited.Replace("client-key-data: ", "client-key-data: A", StringComparison.Ordinal), built));
        Assert.False(Kubeconfig.Agrees("", built));
    }

    private sealed class SettableClock(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
