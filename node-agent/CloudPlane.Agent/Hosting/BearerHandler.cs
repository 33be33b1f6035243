using System.Net.Http.Headers;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>Sends streams over the API client's own connection, with the node's token.</summary>
internal sealed class BearerHandler(HttpApiTransport transport, NodeCredentials credentials) : HttpMessageHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (await credentials.BearerAsync(cancellationToken).ConfigureAwait(false) is { } token) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await transport.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
    }
}
