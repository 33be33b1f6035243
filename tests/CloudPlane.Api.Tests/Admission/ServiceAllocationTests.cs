using CloudPlane.Schema;
using CloudPlane.Storage;
using static CloudPlane.Api.Tests.Manifests;

namespace CloudPlane.Api.Tests;

public sealed class ServiceAllocationTests : IAsyncDisposable
{
    private readonly TestApi _api = new();

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    private static string Ip(Answer answer) => answer.Is(answer.Status < 300 ? answer.Status : 201).Json["spec"]!["clusterIP"]!.GetValue<string>();

    [Fact]
    public async Task The_kubernetes_service_has_the_first_address()
    {
        Assert.Equal("10.96.0.1", Ip(await _api.GetAsync($"{Namespaced}/services/kubernetes")));
        var taken = await _api.PostAsync($"{Namespaced}/services", Service("x", more: "\"clusterIP\":\"10.96.0.1\","));
        Assert.Contains("failed to allocate IP 10.96.0.1: provided IP is already allocated", taken.IsFailure(422, "Invalid").Message);
        var outside = await _api.PostAsync($"{Namespaced}/services", Service("x", more: "\"clusterIP\":\"10.97.0.1\","));
        Assert.Contains("The range of valid IPs is 10.96.0.0/16", outside.IsFailure(422, "Invalid").Message);
    }

    [Theory]
    [InlineData("\"ipFamilies\":[\"IPv6\"],", "spec.ipFamilies[0]: Invalid value: \"IPv6\": not configured on this cluster")]
    [InlineData("\"ipFamilyPolicy\":\"RequireDualStack\",", "spec.ipFamilyPolicy: Invalid value: \"RequireDualStack\": this cluster is not configured for dual-stack services")]
    public async Task Families_that_the_cluster_has_not_are_refused(string spec, string expected)
    {
        var refused = (await _api.PostAsync($"{Namespaced}/services", Service("x", more: spec))).IsFailure(422, "Invalid");
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        // Whoever writes the endpoints himself may.
        var headless = $$"""{"metadata":{"name":"x"},"spec":{"clusterIP":"None",{{spec}}"ports":[{"port":80}]} }""";
        (await _api.PostAsync($"{Namespaced}/services", headless)).Is(201);
    }

    [Fact]
    public async Task A_dry_run_chooses_and_checks_and_takes_nothing()
    {
        var tried = await _api.PostAsync($"{Namespaced}/services?dryRun=All", Service("x", more: "\"clusterIP\":\"10.96.7.7\",\"type\":\"NodePort\","));
        Assert.Equal("10.96.7.7", Ip(tried));
        Assert.InRange(tried.Json["spec"]!["ports"]![0]!["nodePort"]!.GetValue<int>(), 30000, 32767);
        Assert.StartsWith("10.96.", Ip(await _api.PostAsync($"{Namespaced}/services?dryRun=All", Service("x"))), StringComparison.Ordinal);
        Assert.Equal("10.96.7.7", Ip(await _api.PostAsync($"{Namespaced}/services", Service("y", more: "\"clusterIP\":\"10.96.7.7\","))));
        var taken = await _api.PostAsync($"{Namespaced}/services?dryRun=All", Service("x", more: "\"clusterIP\":\"10.96.7.7\","));
        Assert.Contains("provided IP is already allocated", taken.IsFailure(422, "Invalid").Message);
    }

    [Fact]
    public async Task Two_servers_never_give_out_one_address_twice()
    {
        await using var other = new ApiServer(
            new ApiServerOptions(), _api.Store, Catalog.LoadBuiltIn(), new SingleCluster("default", null), TimeProvider.System, new Random(2));
        // What every cluster has from the start is there: this is about the addresses of services that come later.
        await _api.Server.BootstrapAsync("default", default);
        var addresses = new System.Collections.Concurrent.ConcurrentBag<string>();
        await Parallel.ForAsync(0, 60, async (i, _) =>
        {
            var response = new BufferedResponse();
            var request = TestApi.Request("POST", $"{Namespaced}/services", Service($"s{i}"), TestApi.Admin, "application/json", "", null);
            await (i % 2 == 0 ? other : _api.Server).ServeAsync(request, response, default);
            addresses.Add(Ip(new Answer(response.StatusCode, null, response.Written.ToArray(), [])));
        });
        Assert.Equal(60, addresses.Distinct().Count());
    }

    [Fact]
    public async Task Addresses_and_ports_come_back()
    {
        var created = await _api.PostAsync($"{Namespaced}/services", Service("a", "NodePort"));
        var port = created.Is(201).Json["spec"]!["ports"]![0]!["nodePort"]!.GetValue<int>();
        Assert.InRange(port, 30000, 32767);
        var same = Service("b", "NodePort", $"\"clusterIP\":\"{Ip(created)}\",").Replace("\"port\":80", $"\"port\":80,\"nodePort\":{port}", StringComparison.Ordinal);
        (await _api.PostAsync($"{Namespaced}/services", same)).IsFailure(422, "Invalid");
        (await _api.DeleteAsync($"{Namespaced}/services/a")).Is(200);
        (await _api.PostAsync($"{Namespaced}/services", same)).Is(201);
    }

    [Fact]
    public async Task A_failed_create_keeps_nothing()
    {
        (await _api.PostAsync($"{Namespaced}/services", Service("a"))).Is(201);
        var before = (await ReservedAsync()).Length;
        (await _api.PostAsync($"{Namespaced}/services", Service("a"))).IsFailure(409, "AlreadyExists");
        Assert.Equal(before, (await ReservedAsync()).Length);
    }

    [Fact]
    public async Task An_update_without_the_address_keeps_it()
    {
        var created = await _api.PostAsync($"{Namespaced}/services", Service("a", "NodePort"));
        var updated = (await _api.PutAsync($"{Namespaced}/services/a", Service("a", "NodePort"))).Is(200);
        Assert.Equal(Ip(created), Ip(updated));
        Assert.Equal(created.Json["spec"]!["ports"]!.ToJsonString(), updated.Json["spec"]!["ports"]!.ToJsonString());
    }

    [Fact]
    public async Task Headless_and_external_services_need_no_address()
    {
        Assert.Equal("None", Ip(await _api.PostAsync($"{Namespaced}/services", Service("a", more: "\"clusterIP\":\"None\","))));
        var external = (await _api.PostAsync($"{Namespaced}/services",
            """{"metadata":{"name":"e"},"spec":{"type":"ExternalName","externalName":"example.com"}}""")).Is(201);
        Assert.Null(external.Json["spec"]!["clusterIP"]);
    }

    [Fact]
    public async Task A_reservation_left_by_a_crash_is_taken_over()
    {
        var time = new ManualTime(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        await using var api = new TestApi(time);
        await api.Server.BootstrapAsync("default", default);
        var record = Documents.Encode(Documents.Parse(
            """{"metadata":{"name":"10.96.7.7"},"namespace":"default","name":"gone","uid":"u","since":"2026-01-01T00:00:00Z"}"""u8.ToArray()));
        await api.Store.WriteAsync(new Partition("default", "cloudplane/clusterips"), new Write(new ObjectKey("", "10.96.7.7"), 0, record, false, Guid.NewGuid()), default);
        var wanted = Service("a", more: "\"clusterIP\":\"10.96.7.7\",");
        (await api.PostAsync($"{Namespaced}/services", wanted)).IsFailure(422, "Invalid");
        time.Advance(TimeSpan.FromMinutes(2));
        (await api.PostAsync($"{Namespaced}/services", wanted)).Is(201);
    }

    private async Task<string[]> ReservedAsync()
    {
        var page = await _api.Store.ListAsync(new Partition("default", "cloudplane/clusterips"), new ListQuery(), default);
        return [.. page.Items.Select(i => i.Key.Name)];
    }
}
