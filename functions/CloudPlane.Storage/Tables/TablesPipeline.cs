using Azure.Core;
using Azure.Core.Pipeline;

namespace CloudPlane.Storage;

/// <summary>Azure.Core's pipeline as the table service needs it.</summary>
internal static class TablesPipeline
{
    // https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory
    private static readonly string[] Scopes = ["https://storage.azure.com/.default"];

    /// <exception cref="ArgumentException">The options say two identities or none, or would send a token in the clear.</exception>
    public static HttpPipeline Build(TablesStoreOptions options, TimeProvider time, SynchronizedRandom random)
    {
        var client = new Options { RetryPolicy = new TablesRetryPolicy(options, time, random) };
        client.Retry.NetworkTimeout = options.TryTimeout;
        if (options.Transport is not null)
            client.Transport = options.Transport;
        return HttpPipelineBuilder.Build(client, new RequestDatePolicy(time), Authorization(options));
    }

    private static HttpPipelinePolicy Authorization(TablesStoreOptions options) => (options.Key, options.Credential) switch
    {
        ({ } key, null) => new SharedKeyLitePolicy(key),
        (null, { } credential) when options.Endpoint.Scheme == Uri.UriSchemeHttps => new BearerTokenAuthenticationPolicy(credential, Scopes),
        (null, not null) => throw new ArgumentException("An Entra token is sent over https only.", nameof(options)),
        _ => throw new ArgumentException("Either a key or a credential is needed.", nameof(options)),
    };

    private sealed class Options : ClientOptions;
}
