using System.Diagnostics;
using System.Text;

namespace CloudPlane.Benchmarks;

/// <summary>
/// From exec of the control plane over a database of 10,000 objects to its first answer: a raw GET, and a real kubectl get pods.
/// The peer is the emptiest program of the same runtime: Kestrel with TLS and nothing else, exec to first answer.
/// </summary>
internal static class ColdStartBenchmark
{
    private const int Rounds = 7;

    public static async Task RunAsync()
    {
        using var server = ControlPlaneProcess.Prepare();
        await FillAsync(server);

        var (raw, bare, kubectl) = (new Latencies(), new Latencies(), new Latencies());
        double resident = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var started = Stopwatch.GetTimestamp();
            server.Start();
            await FirstAnswer.WaitAsync(server.Client(), "/api/v1/namespaces/bench/pods/p1");
            raw.AddSince(started);
            await Task.Delay(3000);
            resident = server.ResidentMiB();
            server.Stop();

            started = Stopwatch.GetTimestamp();
            await using (var peer = await BareKestrel.StartAsync(server.Data, 100, 100))
            {
                await FirstAnswer.WaitAsync(peer.Client(), "/one");
                bare.AddSince(started);
            }

            started = Stopwatch.GetTimestamp();
            server.Start();
            await KubectlAsync(server);
            kubectl.AddSince(started);
            server.Stop();
        }

        Console.WriteLine($"exec to first raw GET: {raw}");
        Console.WriteLine($"exec to first answer of bare Kestrel with TLS: {bare}");
        Console.WriteLine($"exec to the end of kubectl get pods (10,000 objects, limit 500 a page): {kubectl}");
        Console.WriteLine($"ratio to bare Kestrel: {raw.P50 / bare.P50:0.00}; goal 150 ms -> {raw.P50:0} ms");
        Console.WriteLine($"resident memory, idle for 3 s after one GET: {resident:0} MiB (goal 100)");
    }

    private static async Task FillAsync(ControlPlaneProcess server)
    {
        server.Start();
        await server.WaitUntilReadyAsync();
        using var client = server.Client();
        using (await client.PostAsync("/api/v1/namespaces", Json("{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"bench\"}}"))) { }
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
        {
            int i;
            while ((i = Interlocked.Increment(ref next)) < 10_000)
            {
                using var response = await client.PostAsync("/api/v1/namespaces/bench/pods", Json(PodManifest.Build($"p{i}")));
                response.EnsureSuccessStatusCode();
            }
        }));
        server.Stop();
    }

    private static async Task KubectlAsync(ControlPlaneProcess server)
    {
        while (true)
        {
            using var kubectl = Process.Start(new ProcessStartInfo("kubectl",
                ["--kubeconfig", Path.Combine(server.Data, "admin.kubeconfig"), "-n", "bench", "get", "pods"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var output = kubectl.StandardOutput.ReadToEndAsync();
            var error = kubectl.StandardError.ReadToEndAsync();
            await kubectl.WaitForExitAsync();
            if (kubectl.ExitCode == 0 && (await output).Length > 10_000)
                return;
            await error;
        }
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");
}
