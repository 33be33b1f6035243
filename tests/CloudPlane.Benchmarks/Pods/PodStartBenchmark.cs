using System.Diagnostics;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using CloudPlane.Cri;
using CloudPlane.Cri.V1;

namespace CloudPlane.Benchmarks;

/// <summary>
/// A pod from its POST to Running on a watch, against the same pod driven by hand over CRI on the same containerd, in turn, in the same
/// run; 1 and 20 at once. And a container's exit until its status is seen on a watch.
/// </summary>
internal static class PodStartBenchmark
{
    private const int SingleRounds = 30;
    private const int BatchSize = 20;
    private const int BatchRounds = 3;
    private static readonly TimeSpan UntilIdle = TimeSpan.FromSeconds(20);

    public static async Task RunAsync()
    {
        var data = Directory.CreateTempSubdirectory("cpbench").FullName;
        try
        {
            Up(data, "--no-demo", "--port", "16443");
            using var client = AdminClient(data);
            using var runtime = new CriRuntime(Path.Combine(data, "nodes/node-1/containerd/containerd.sock"), TimeProvider.System, Random.Shared);
            await using var watch = await PodWatch.StartAsync(client);

            var (api1, cri1) = (new Latencies(), new Latencies());
            var warm = await RunPodAsync(client, watch, "warm-up", new Latencies());
            var byHand = await PodByHand.LikeAsync(runtime, Path.Combine(data, "by-hand"), warm);
            await byHand.RunAsync("warm-up", new Latencies());
            for (var i = 0; i < SingleRounds; i++)
            {
                await UntilNothingRunsAsync(runtime);
                await byHand.RunAsync($"c{i}", cri1);
                await UntilNothingRunsAsync(runtime);
                await RunPodAsync(client, watch, $"s{i}", api1);
            }

            var (api20, cri20) = (new Latencies(), new Latencies());
            for (var round = 0; round < BatchRounds; round++)
            {
                await UntilNothingRunsAsync(runtime);
                await Task.WhenAll(Enumerable.Range(0, BatchSize).Select(i => byHand.RunAsync($"d{round}-{i}", cri20)));
                await UntilNothingRunsAsync(runtime);
                await Task.WhenAll(Enumerable.Range(0, BatchSize).Select(i => RunPodAsync(client, watch, $"b{round}-{i}", api20)));
            }

            Console.WriteLine($"1 pod at a time: POST to Running {api1}; by hand over CRI {cri1}");
            Console.WriteLine($"  our share at the median {api1.P50 - cri1.P50:0.0} ms (goal 10); p99 ratio {api1.P99 / cri1.P99:0.00} (goal 1.25)");
            Console.WriteLine($"{BatchSize} pods at once: POST to Running {api20}; by hand over CRI {cri20}");
            Console.WriteLine($"  our share at the median {api20.P50 - cri20.P50:0.0} ms (goal 10); p99 ratio {api20.P99 / cri20.P99:0.00} (goal 1.25)");

            var exit = new Latencies();
            for (var i = 0; i < SingleRounds; i++)
            {
                await UntilNothingRunsAsync(runtime);
                await ExitAsync(client, watch, $"e{i}", i, exit);
            }

            Console.WriteLine($"container exit to its status on a watch: {exit} (goal p99 25 ms)");
            await Task.Delay(UntilIdle);
            foreach (var process in new[] { "control-plane", "agent-1" })
                Console.WriteLine($"resident memory of {process}, idle after all that: {ResidentMiB(data, process):0} MiB");
        }
        finally
        {
            Up(data, "--stop");
            Directory.Delete(data, recursive: true);
        }
    }

    /// <summary>
    /// A deleted pod has left the API before its node has ended it: a shell as the first process of its container ignores SIGTERM, so that
    /// takes two seconds. Whatever is measured meanwhile would pay for it.
    /// </summary>
    private static async Task UntilNothingRunsAsync(ICriRuntime runtime)
    {
        while ((await runtime.ListPodSandboxAsync(new ListPodSandboxRequest(), default)).Items.Count > 0)
            await Task.Delay(50);
    }

    private static async Task<JsonElement> RunPodAsync(HttpClient client, PodWatch watch, string name, Latencies latencies)
    {
        var running = watch.Until(name, pod => Phase(pod) == "Running");
        var started = Stopwatch.GetTimestamp();
        await PostAsync(client, Manifest(name, "sleep 3600"));
        var (pod, _) = await running;
        latencies.AddSince(started);
        await DeleteAsync(client, watch, name);
        return pod;
    }

    /// <summary>We end the container's process ourselves, so the moment of its exit is known to the microsecond.</summary>
    private static async Task ExitAsync(HttpClient client, PodWatch watch, string name, int index, Latencies latencies)
    {
        var running = watch.Until(name, pod => Phase(pod) == "Running");
        var mark = $"{5_000_000 + index}";
        await PostAsync(client, Manifest(name, $"exec sleep {mark}"));
        await running;
        var finished = watch.Until(name, pod => Phase(pod) == "Failed");
        using var process = Process.GetProcessById(await FindProcessAsync("sleep\0" + mark + "\0"));
        var exitedAt = DateTimeOffset.UtcNow;
        process.Kill();
        latencies.Add(((await finished).At - exitedAt).TotalMilliseconds);
        await DeleteAsync(client, watch, name);
    }

    // Running means that the container was started; its shell may still be on the way to the program.
    private static async Task<int> FindProcessAsync(string commandLine)
    {
        while (true)
        {
            var found = Directory.GetDirectories("/proc").Select(Path.GetFileName).FirstOrDefault(name => int.TryParse(name, out var pid) && CommandLineOf(pid) == commandLine);
            if (found is not null)
                return int.Parse(found);
            await Task.Delay(1);
        }
    }

    private static string CommandLineOf(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static async Task DeleteAsync(HttpClient client, PodWatch watch, string name)
    {
        var gone = watch.UntilDeleted(name);
        using var response = await client.DeleteAsync($"/api/v1/namespaces/default/pods/{name}?gracePeriodSeconds=0");
        await gone;
    }

    private static string? Phase(JsonElement pod) => pod.GetProperty("status").TryGetProperty("phase", out var phase) ? phase.GetString() : null;

    private static async Task PostAsync(HttpClient client, string manifest)
    {
        using var response = await client.PostAsync("/api/v1/namespaces/default/pods", new StringContent(manifest, Encoding.UTF8, "application/json"));
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException(await response.Content.ReadAsStringAsync());
    }

    private static string Manifest(string name, string script) => $$"""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{name}}" },"spec":{"restartPolicy":"Never","terminationGracePeriodSeconds":0,
        "containers":[{"name":"main","image":"cloudplane.local/busybox:1","command":["sh","-c","{{script}}"] } ] } }
        """;

    private static void Up(string data, params string[] arguments)
    {
        using var up = Process.Start(Path.Combine(Repository.Root, "up"), ["--data", data, .. arguments]);
        up.WaitForExit();
        if (up.ExitCode != 0)
            throw new InvalidOperationException("./up failed");
    }

    private static double ResidentMiB(string data, string process)
    {
        var pid = File.ReadAllText(Path.Combine(data, "run", process + ".pid")).Trim();
        var line = File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) / 1024.0;
    }

    private static HttpClient AdminClient(string data) => new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            ClientCertificates = [X509Certificate2.CreateFromPemFile(Path.Combine(data, "pki/admin.crt"), Path.Combine(data, "pki/admin.key"))],
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        },
    })
    { BaseAddress = new Uri("https://127.0.0.1:16443") };
}
