using System.Net;

namespace CloudPlane.Benchmarks;

/// <summary>What a cold start ends with.</summary>
internal static class FirstAnswer
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Asks until the answer is good, and disposes the client.</summary>
    /// <exception cref="TimeoutException">It never is.</exception>
    public static async Task WaitAsync(HttpClient client, string path)
    {
        using var owned = client;
        using var patience = new CancellationTokenSource(Patience);
        while (!patience.IsCancellationRequested)
        {
            try
            {
                using var response = await client.GetAsync(path, patience.Token);
                if (response.StatusCode == HttpStatusCode.OK)
                    return;
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                // Does not listen yet.
                await Task.Delay(1);
            }
        }

        throw new TimeoutException($"no good answer of {client.BaseAddress}{path} within {Patience.TotalSeconds:0} s");
    }
}
