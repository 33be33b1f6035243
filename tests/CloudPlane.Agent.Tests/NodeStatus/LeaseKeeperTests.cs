using CloudPlane.Client;

namespace CloudPlane.Agent.Tests;

public sealed class LeaseKeeperTests : IAsyncDisposable
{
    private const string Lease = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1";
    private readonly ManualTime _time = new(new DateTimeOffset(2026, 1, 1, 0, 3, 17, TimeSpan.Zero));
    private readonly FakeApi _api = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;
    private int _returns;

    public LeaseKeeperTests()
    {
        _api.Put("/api/v1/nodes", """{"metadata":{"name":"n1","uid":"node-uid"}}""");
        var keeper = new LeaseKeeper(new ApiClient(_api), "n1", TimeSpan.FromMinutes(5), _time, new Random(1), new AgentLog(TextWriter.Null, _time, verbose: false))
        {
            Returned = () => Interlocked.Increment(ref _returns),
        };
        _running = keeper.RunAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    [Fact]
    public async Task It_renews_on_the_clock_s_multiples_with_one_call_each()
    {
        await RenewedAsync("2026-01-01T00:03:17");
        _time.Advance(TimeSpan.FromSeconds(103));
        await RenewedAsync("2026-01-01T00:05:00");
        _time.Advance(TimeSpan.FromMinutes(5));
        await RenewedAsync("2026-01-01T00:10:00");
        Assert.Equal([$"PATCH {Lease}", "GET /api/v1/nodes/n1", $"POST {Lease[..^3]}", $"PATCH {Lease}", $"PATCH {Lease}"], _api.Calls);
        var owner = _api.Get(Lease)!["metadata"]!["ownerReferences"]![0]!;
        Assert.Equal(("v1", "Node", "n1"), ((string)owner["apiVersion"]!, (string)owner["kind"]!, (string)owner["name"]!));
        Assert.Equal((string)_api.Get("/api/v1/nodes/n1")!["metadata"]!["uid"]!, (string)owner["uid"]!);
        Assert.Equal(1200, (int)_api.Get(Lease)!["spec"]!["leaseDurationSeconds"]!);
        Assert.Equal(0, _returns);
    }

    [Fact]
    public async Task After_a_silence_it_says_that_the_node_is_back()
    {
        await RenewedAsync("2026-01-01T00:03:17");
        _api.Cut();
        _time.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal(0, _returns);
        _api.Restore();
        await WakeupFixture.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return Volatile.Read(ref _returns) == 1;
        }, "it is back");
    }

    private async Task RenewedAsync(string at)
    {
        await WakeupFixture.UntilAsync(
            () => ((string?)_api.Get(Lease)?["spec"]?["renewTime"])?.StartsWith(at, StringComparison.Ordinal) == true && _time.Waiting == 1, $"renewed at {at}");
    }
}
