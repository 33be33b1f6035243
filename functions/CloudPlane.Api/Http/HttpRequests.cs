using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace CloudPlane.Api;

/// <summary>ASP.NET Core's request as an <see cref="ApiRequest"/>.</summary>
internal static class HttpRequests
{
    private const string ClustersPrefix = "/clusters/";

    public static ApiRequest From(HttpContext context)
    {
        var http = context.Request;
        var path = http.Path.Value ?? "/";
        var cluster = "default";
        if (path.StartsWith(ClustersPrefix, StringComparison.Ordinal))
        {
            var end = path.IndexOf('/', ClustersPrefix.Length);
            cluster = end < 0 ? path[ClustersPrefix.Length..] : path[ClustersPrefix.Length..end];
            path = end < 0 ? "/" : path[end..];
        }

        if (path.StartsWith("/cloudplane/v1/nodes/", StringComparison.Ordinal))
            AllowSlowStream(context);
        var query = http.QueryString.Value;
        return new ApiRequest
        {
            Method = http.Method,
            Path = path,
            Query = string.IsNullOrEmpty(query) ? "" : query[1..],
            Cluster = cluster,
            Accept = http.Headers.Accept.ToString(),
            ContentType = http.ContentType,
            AcceptsGzip = http.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.Ordinal),
            Authorization = Header(http, "Authorization"),
            ClientCertificate = context.Connection.ClientCertificate,
            StreamStatus = Header(http, "CloudPlane-Status"),
            ImpersonatedUser = Header(http, "Impersonate-User"),
            Body = http.BodyReader,
        };
    }

    private static string? Header(HttpRequest http, string name) =>
        http.Headers.TryGetValue(name, out var values) && values.Count > 0 ? values.ToString() : null;

    /// <summary>A followed log is a request body that may be silent for hours and of any size: Kestrel's guards against slow senders would cut it.</summary>
    private static void AllowSlowStream(HttpContext context)
    {
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
    }
}
