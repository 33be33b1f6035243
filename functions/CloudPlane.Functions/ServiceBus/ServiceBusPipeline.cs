using Azure.Core;
using Azure.Core.Pipeline;

namespace CloudPlane.Functions;

/// <summary>Builds the pipeline that carries each request: tries, credential, transport.</summary>
internal static class ServiceBusPipeline
{
    // What Entra calls the right to use Service Bus; the same in each region of the public cloud.
    private const string Scope = "https://servicebus.azure.net/.default";

    public static HttpPipeline Build(ServiceBusOptions options, HttpPipelineTransport transport)
    {
        var settings = new PipelineOptions { Transport = transport, RetryPolicy = new BackoffPolicy(options) };
        settings.Diagnostics.ApplicationId = "cloudplane";
        return HttpPipelineBuilder.Build(settings, Authorization(options));
    }

    /// <summary>Connections are renewed every few minutes, so that a namespace that moves is found again.</summary>
    public static HttpPipelineTransport Connect(Uri endpoint) =>
        new HttpClientTransport(new HttpClient(
            new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5), UseProxy = !endpoint.IsLoopback, UseCookies = false })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        });

    private static HttpPipelinePolicy Authorization(ServiceBusOptions options) => options switch
    {
        { Key: { } key } => new SasAuthorizationPolicy(options.Endpoint, key, options.Time),
        { Credential: { } credential } => new BearerTokenAuthenticationPolicy(credential, Scope),
        _ => throw new ArgumentException("Service Bus needs a key or a credential", nameof(options)),
    };

    private sealed class PipelineOptions : ClientOptions;
}
