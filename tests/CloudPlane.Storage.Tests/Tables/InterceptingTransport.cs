using Azure.Core;
using Azure.Core.Pipeline;

namespace CloudPlane.Storage.Tests;

/// <summary>Lets a test do something to each request; <paramref name="intercept"/> gets the request and what sends it on.</summary>
internal sealed class InterceptingTransport(HttpPipelineTransport inner, Func<HttpMessage, Func<Task>, Task> intercept) : HttpPipelineTransport
{
    public override Request CreateRequest() => inner.CreateRequest();

    public override void Process(HttpMessage message) => throw new NotSupportedException();

    public override async ValueTask ProcessAsync(HttpMessage message) => await intercept(message, () => inner.ProcessAsync(message).AsTask());

    public static bool IsTransaction(HttpMessage message) => message.Request.Uri.ToUri().AbsolutePath.EndsWith("/$batch", StringComparison.Ordinal);
}
