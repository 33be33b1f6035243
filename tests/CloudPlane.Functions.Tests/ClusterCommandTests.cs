using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace CloudPlane.Functions.Tests;

public sealed class ClusterCommandTests
{
    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/behind/")]
    public async Task An_answer_that_gives_no_reason_is_told_with_its_address(string path)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using var web = builder.Build();
        var asked = "";
        ((IApplicationBuilder)web).Run(async context =>
        {
            asked = $"http://{context.Request.Host}{context.Request.Path}{context.Request.QueryString}";
            context.Response.StatusCode = 404;
            await context.Response.WriteAsync("<html>no such app</html>");
        });
        await web.StartAsync();
        var settings = new Settings(new Dictionary<string, string> { ["server"] = web.Urls.Single() + path, ["token"] = "t", ["ttl"] = "24h" });
        var error = await Assert.ThrowsAsync<StartupException>(() => ClusterCommand.JoinTokenAsync("team-a", settings, TextWriter.Null));
        Assert.Equal($"{asked} answered 404", error.Message);
        Assert.EndsWith("/cloudplane/v1/clusters/team-a/join-token?ttl=24h", asked, StringComparison.Ordinal);
    }

    [Fact]
    public void A_kubeconfig_for_those_who_need_an_authority_names_it()
    {
        var kubeconfig = Kubeconfig.Trusting(Kubeconfig.Build("https://app.example/clusters/a", "a", "secret"), "pem");
        Assert.Contains("  cluster:\n    server: https://app.example/clusters/a\n    certificate-authority-data: cGVt\nusers:\n", kubeconfig);
        Assert.Contains("    token: secret\n", kubeconfig);
    }
}
