using Azure.Core;
using Azure.Core.Pipeline;

namespace CloudPlane.Benchmarks;

/// <summary>Counts requests: what Azure bills as transactions (an entity group transaction is one) or operations.</summary>
internal sealed class CountingTransport(HttpPipelineTransport inner) : HttpPipelineTransport
{
    private long _count;

    public long Count => Interlocked.Read(ref _count);

    public override Request CreateRequest() => inner.CreateRequest();

    public override void Process(HttpMessage message) => throw new NotSupportedException("Nothing here blocks a thread.");

    public override ValueTask ProcessAsync(HttpMessage message)
    {
        Interlocked.Increment(ref _count);
        return inner.ProcessAsync(message);
    }
}
