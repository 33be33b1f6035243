using Azure.Core;
using Azure.Core.Pipeline;

namespace CloudPlane.Functions;

/// <summary>Signs each request with a token for the whole namespace, made anew shortly before it expires.</summary>
internal sealed class SasAuthorizationPolicy(Uri endpoint, SasKey key, TimeProvider time) : HttpPipelinePolicy
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    // More than any request lasts, and the clocks of both ends may differ by minutes.
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(10);

    private IssuedToken? _token;

    public override ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        message.Request.Headers.SetValue(HttpHeader.Names.Authorization, Current());
        return ProcessNextAsync(message, pipeline);
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        message.Request.Headers.SetValue(HttpHeader.Names.Authorization, Current());
        ProcessNext(message, pipeline);
    }

    private string Current()
    {
        var now = time.GetUtcNow();
        var token = Volatile.Read(ref _token);
        if (token is null || token.Expiry - now < Margin)
        {
            var expiry = now + Lifetime;
            token = new IssuedToken(SasToken.Issue(endpoint, key.Rule, key.Key, expiry), expiry);
            Volatile.Write(ref _token, token);
        }
        return token.Value;
    }

    private sealed record IssuedToken(string Value, DateTimeOffset Expiry);
}
