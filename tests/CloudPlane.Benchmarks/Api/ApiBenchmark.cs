using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;

namespace CloudPlane.Benchmarks;

/// <summary>
/// The API over HTTPS with 10,000 pods: creates per second, GET at 1,000 requests a second, LIST, and watch fan-out to 100 watchers.
/// The peer is bare Kestrel with the same TLS, returning as many bytes, driven by the same client on the same two cores: the ratio is
/// what we add to the web server.
/// </summary>
internal static class ApiBenchmark
{
    private const int Pods = 10_000;
    private const int Watchers = 100;

    public static async Task RunAsync()
    {
        using var server = ControlPlaneProcess.Prepare();
        server.Start();
        await server.WaitUntilReadyAsync();
        using var client = server.Client();
        await CreateNamespaceAsync(client);

        await CreatePodsAsync(client);
        var list = await ListAsync(client, server.Client(http1: true));
        var get = await GetAtRateAsync(client, i => $"/api/v1/namespaces/bench/pods/p{i % Pods}");
        var mutate = await MutateAtRateAsync(client);
        await WatchFanOutAsync(client, server);
        Console.WriteLine($"resident memory of the control plane after all this: {server.ResidentMiB():0} MiB");
        await WatchFromNothingAsync(server);

        await using var bare = await BareKestrel.StartAsync(server.Data, list.BodyBytes, get.BodyBytes);
        using var bareClient = bare.Client();
        var bareGet = await GetAtRateAsync(bareClient, _ => "/one");
        var bareList = new Latencies();
        for (var i = 0; i < 10; i++)
            await TimeAsync(bareList, () => ReadAsync(bareClient, "/all"));
        Console.WriteLine($"bare Kestrel, same bytes: GET {bareGet.Latencies}; LIST {bareList}");
        Console.WriteLine($"ratio to bare Kestrel: GET p99 {get.Latencies.P99 / bareGet.Latencies.P99:0.00}, LIST median {list.Latencies.P50 / bareList.P50:0.00}");
        Console.WriteLine($"goals: GET p99 1 ms -> {get.Latencies.P99:0.00}; mutate p99 5 ms -> {mutate.P99:0.00}; LIST 20 ms -> {list.Latencies.P50:0.0}");
    }

    private static async Task CreateNamespaceAsync(HttpClient client)
    {
        var body = "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"bench\"}}";
        using var response = await client.PostAsync("/api/v1/namespaces", Json(body));
        response.EnsureSuccessStatusCode();
    }

    private static async Task CreatePodsAsync(HttpClient client)
    {
        var next = -1;
        var latencies = new Latencies();
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
        {
            int i;
            while ((i = Interlocked.Increment(ref next)) < Pods)
                await TimeAsync(latencies, () => PostPodAsync(client, $"p{i}"));
        }));
        Console.WriteLine($"creates: {Pods / clock.Elapsed.TotalSeconds:0} pods/s with 64 clients; {latencies}");
    }

    private static async Task<(Latencies Latencies, int BodyBytes)> ListAsync(HttpClient client, HttpClient http1)
    {
        const string path = "/api/v1/namespaces/bench/pods";
        var (h2, h1) = (new Latencies(), new Latencies());
        var bytes = 0;
        for (var i = 0; i < 12; i++)
        {
            await TimeAsync(h2, async () => bytes = await ReadAsync(client, path));
            await TimeAsync(h1, () => ReadAsync(http1, path));
        }

        Console.WriteLine($"LIST of {Pods} pods ({bytes / 1048576.0:0.0} MiB): HTTP/1.1 {h1}; HTTP/2 {h2}");
        return (h1.P50 < h2.P50 ? h1 : h2, bytes);
    }

    private static async Task<(Latencies Latencies, int BodyBytes)> GetAtRateAsync(HttpClient client, Func<int, string> path)
    {
        var bytes = 0;
        for (var i = 0; i < 2000; i++)
            bytes = await ReadAsync(client, path(i * 7));
        var latencies = new Latencies();
        await AtRateAsync(1000, TimeSpan.FromSeconds(10), i => TimeAsync(latencies, () => ReadAsync(client, path(i * 7))));
        Console.WriteLine($"GET at 1,000/s for 10 s: {latencies}");
        return (latencies, bytes);
    }

    private static async Task<Latencies> MutateAtRateAsync(HttpClient client)
    {
        var latencies = new Latencies();
        await AtRateAsync(200, TimeSpan.FromSeconds(5), i => TimeAsync(latencies, async () =>
        {
            using var patch = new StringContent($"{{\"metadata\":{{\"annotations\":{{\"n\":\"{i}\"}}}}}}", Encoding.UTF8, "application/merge-patch+json");
            using var response = await client.PatchAsync($"/api/v1/namespaces/bench/pods/p{i % Pods}", patch);
            response.EnsureSuccessStatusCode();
        }));
        Console.WriteLine($"PATCH at 200/s for 5 s (each fsynced): {latencies}");
        return latencies;
    }

    private static async Task WatchFanOutAsync(HttpClient client, ControlPlaneProcess server)
    {
        var latencies = new Latencies();
        var acknowledged = new Dictionary<string, TaskCompletionSource<long>>();
        const int changes = 100;
        for (var i = 0; i < changes; i++)
            acknowledged[$"w{i}"] = new TaskCompletionSource<long>();

        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var watchClient = server.Client();
        // From now on, as a client that has listed: without a revision each watch would begin with all 10,000 pods.
        var revision = await RevisionAsync(client);
        var watchers = Enumerable.Range(0, Watchers).Select(_ => WatchAsync(watchClient, revision, changes, acknowledged, latencies, stop.Token)).ToArray();
        await Task.Delay(1000, stop.Token);
        for (var i = 0; i < changes; i++)
        {
            await PostPodAsync(client, $"w{i}");
            // The commit happened before its acknowledgement; from here on a watcher that does not know is late.
            acknowledged[$"w{i}"].SetResult(Stopwatch.GetTimestamp());
            await Task.Delay(20, stop.Token);
        }

        await Task.WhenAll(watchers);
        Console.WriteLine($"watch fan-out to {Watchers} watchers, acknowledgement to arrival: {latencies}");
    }

    /// <summary>Watches that begin with all objects, as those of informers that restart together.</summary>
    private static async Task WatchFromNothingAsync(ControlPlaneProcess server)
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        using var client = server.Client();
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Watchers).Select(async _ =>
        {
            await using var stream = await client.GetStreamAsync("/api/v1/namespaces/bench/pods?watch=1", stop.Token);
            using var lines = new StreamReader(stream);
            for (var seen = 0; seen < Pods; seen++)
                await lines.ReadLineAsync(stop.Token);
        }));
        Console.WriteLine($"{Watchers} watches that begin with {Pods} pods: {clock.Elapsed.TotalSeconds:0.0} s, peak of resident memory {server.PeakMiB():0} MiB");
    }

    private static async Task WatchAsync(
        HttpClient client, string revision, int changes, Dictionary<string, TaskCompletionSource<long>> acknowledged, Latencies latencies, CancellationToken cancellationToken)
    {
        using var stream = new StreamReader(await client.GetStreamAsync(
            $"/api/v1/namespaces/bench/pods?watch=1&labelSelector=kind%3Dpod&resourceVersion={revision}", cancellationToken));
        var seen = 0;
        while (seen < changes && await stream.ReadLineAsync(cancellationToken) is { } line)
        {
            var arrived = Stopwatch.GetTimestamp();
            var name = NameIn(line);
            if (!acknowledged.TryGetValue(name, out var moment))
                continue;
            seen++;
            var since = Stopwatch.GetElapsedTime(await moment.Task.WaitAsync(cancellationToken), arrived).TotalMilliseconds;
            latencies.Add(Math.Max(0, since));
        }
    }

    private static async Task<string> RevisionAsync(HttpClient client)
    {
        var list = JsonNode.Parse(await client.GetStringAsync("/api/v1/namespaces/bench/pods?limit=1"))!;
        return list["metadata"]!["resourceVersion"]!.GetValue<string>();
    }

    private static string NameIn(string line)
    {
        const string marker = "\"name\":\"";
        var start = line.IndexOf(marker, StringComparison.Ordinal) + marker.Length;
        return line[start..line.IndexOf('"', start)];
    }

    private static async Task AtRateAsync(int perSecond, TimeSpan duration, Func<int, Task> operation)
    {
        var total = (int)(perSecond * duration.TotalSeconds);
        var running = new List<Task>(total);
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < total; i++)
        {
            var due = TimeSpan.FromSeconds((double)i / perSecond);
            var ahead = due - Stopwatch.GetElapsedTime(start);
            if (ahead > TimeSpan.FromMilliseconds(1))
                await Task.Delay(ahead);
            running.Add(operation(i));
        }

        await Task.WhenAll(running);
    }

    private static async Task TimeAsync(Latencies latencies, Func<Task> operation)
    {
        var started = Stopwatch.GetTimestamp();
        await operation();
        latencies.AddSince(started);
    }

    private static async Task PostPodAsync(HttpClient client, string name)
    {
        using var response = await client.PostAsync("/api/v1/namespaces/bench/pods", Json(PodManifest.Build(name)));
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException(await response.Content.ReadAsStringAsync());
    }

    private static async Task<int> ReadAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        await using var stream = await response.Content.ReadAsStreamAsync();
        var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(1 << 20);
        var (total, read) = (0, 0);
        while ((read = await stream.ReadAsync(buffer)) > 0)
            total += read;
        System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        return total;
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");
}

/// <summary>A pod that nothing schedules: the API is measured, not the scheduler.</summary>
internal static class PodManifest
{
    public static string Build(string name) => $$"""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{name}}","namespace":"bench","labels":{"kind":"pod","app":"bench"} },
        "spec":{"schedulerName":"none","containers":[{"name":"main","image":"registry.example/app:1.2.3","command":["serve","--port","8080"],
        "ports":[{"containerPort":8080}],"env":[{"name":"MODE","value":"benchmark"}],
        "resources":{"requests":{"cpu":"100m","memory":"64Mi"},"limits":{"memory":"128Mi"} } } ] } }
        """;
}
