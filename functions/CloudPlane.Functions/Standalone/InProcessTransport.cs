using System.IO.Pipelines;
using CloudPlane.Api;
using CloudPlane.Client;

namespace CloudPlane.Functions;

/// <summary>API calls of controllers that live in the control plane's own process: the whole request pipeline, without HTTP.</summary>
internal sealed class InProcessTransport(ApiServer api, string cluster, ApiUser user) : IApiTransport
{
    /// <inheritdoc/>
    public async ValueTask<ApiAnswer> SendAsync(ApiCall call, CancellationToken cancellationToken)
    {
        var response = new BufferedResponse();
        await api.ServeAsync(Request(call), response, cancellationToken);
        return new ApiAnswer(response.StatusCode, response.Written);
    }

    /// <summary>Controllers follow changes through the store's log (<see cref="StoreChangeFeed"/>), so nothing in this process streams.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public ValueTask<ApiStreamAnswer> OpenAsync(ApiCall call, CancellationToken cancellationToken) =>
        throw new NotSupportedException("streams inside the process: read the change feed instead");

    private ApiRequest Request(ApiCall call)
    {
        var question = call.PathAndQuery.IndexOf('?');
        return new ApiRequest
        {
            Method = call.Method,
            Path = Uri.UnescapeDataString(question < 0 ? call.PathAndQuery : call.PathAndQuery[..question]),
            Query = question < 0 ? "" : call.PathAndQuery[(question + 1)..],
            Cluster = cluster,
            Accept = call.Accept,
            ContentType = call.ContentType,
            User = user,
            Body = PipeReader.Create(new System.Buffers.ReadOnlySequence<byte>(call.Body)),
        };
    }
}
