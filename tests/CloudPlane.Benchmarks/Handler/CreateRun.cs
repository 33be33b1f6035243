namespace CloudPlane.Benchmarks;

/// <summary>What creates were like through some handlers for a while.</summary>
/// <param name="Samples">Latencies; their processor time is that of this process, so of the clients and of the bus double.</param>
/// <param name="Handlers">Processor time of all of them.</param>
/// <param name="Azurite">Its processor time.</param>
/// <param name="Transactions">In which the pods came into the table.</param>
/// <param name="Requests">That passed the proxy.</param>
/// <param name="BusOperations">Billed.</param>
internal sealed record CreateRun(Samples Samples, TimeSpan Handlers, TimeSpan Azurite, long Transactions, long Requests, long BusOperations)
{
    public string Speed => $"{Samples.PerSecond,8:N0}/s   p50 {Samples.Median / 1000:0.0} ms, p99 {Samples.P99 / 1000:0.0} ms";

    /// <summary>What a create took on the average.</summary>
    public string Cost =>
        $"a create's processor time: handler {Handlers.TotalMicroseconds / Samples.Count:0} us, Azurite {Azurite.TotalMicroseconds / Samples.Count:0} us, "
        + $"client and bus {Samples.Processor:0} us; {(double)Samples.Count / Transactions:0.0} creates a transaction, "
        + $"{(double)Samples.Count / BusOperations:0.0} a bus operation";

    /// <summary>Of a run through the proxy.</summary>
    public string TableRequests =>
        $"{(double)Requests / Samples.Count:0.00} requests to tables a create, {(double)Transactions / Samples.Count:0.00} of them transactions";
}
