using System.Net;

namespace CloudPlane.Doubles.Tests;

/// <summary>A body that a test writes bit by bit.</summary>
internal sealed class PushContent(Func<Stream, Task> write) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => write(stream);

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
