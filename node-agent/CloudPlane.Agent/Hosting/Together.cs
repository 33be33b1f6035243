namespace CloudPlane.Agent;

/// <summary>Runs parts that need each other.</summary>
internal static class Together
{
    /// <summary>Runs all; the first that ends, ends the others, and its failure is the result.</summary>
    public static async Task RunAsync(CancellationToken cancellationToken, params Func<CancellationToken, Task>[] parts)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = parts.Select(p => p(stop.Token)).ToArray();
        var first = await Task.WhenAny(running).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first.ConfigureAwait(false);
    }
}
