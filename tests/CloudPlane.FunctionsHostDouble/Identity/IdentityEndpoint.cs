using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http;

namespace CloudPlane.Doubles;

/// <summary>
/// Where an app on App Service or Functions gets the tokens of its identity: an address of the platform that only the app knows the secret of
/// (learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference).
/// </summary>
internal sealed class IdentityEndpoint : IAsyncDisposable
{
    private const string ApiVersion = "2019-08-01";

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    private readonly ManagedIdentity _identity;
    private readonly TimeProvider _time;
    private readonly string _secret;
    private readonly WebServer _server;

    private IdentityEndpoint(ManagedIdentity identity, TimeProvider time, Guid secret)
    {
        (_identity, _time, _secret) = (identity, time, secret.ToString("N"));
        _server = new WebServer([IPAddress.Loopback], 0, HandleAsync);
    }

    /// <summary>What the app finds in its environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; private set; } = new Dictionary<string, string>();

    public static async Task<IdentityEndpoint> StartAsync(ManagedIdentity identity, TimeProvider time, Guid secret, CancellationToken cancellationToken)
    {
        var endpoint = new IdentityEndpoint(identity, time, secret);
        var address = await endpoint._server.StartAsync(cancellationToken);
        endpoint.Environment = new Dictionary<string, string>
        {
            ["IDENTITY_ENDPOINT"] = new Uri(address, "/msi/token/").AbsoluteUri,
            ["IDENTITY_HEADER"] = endpoint._secret,
        };
        return endpoint;
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private Task HandleAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var query = request.Query;
        if (!HttpMethods.IsGet(request.Method) || request.Headers["X-IDENTITY-HEADER"] != _secret)
            return Refuse(response, 401, "the secret of the endpoint is missing or wrong");
        if (query["api-version"] != ApiVersion)
            return Refuse(response, 400, $"api-version must be {ApiVersion}");
        if (query["resource"].ToString() is not { Length: > 0 } resource)
            return Refuse(response, 400, "resource is missing");
        // An app has either no identity of its own or, without client_id, is asked which.
        if (!Guid.TryParse(query["client_id"], out var client) || client != _identity.ClientId)
            return Refuse(response, 400, "no identity of the app has this client_id");
        var expires = (_time.GetUtcNow() + Lifetime).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return Write(response, 200, $$"""
            {"access_token":"{{_identity.Authority.Issue(resource, _identity.ObjectId, Lifetime)}}","expires_on":"{{expires}}","resource":"{{resource}}","token_type":"Bearer","client_id":"{{client}}"}
            """);
    }

    private static Task Refuse(HttpResponse response, int status, string message) =>
        Write(response, status, $$"""{"statusCode":{{status}},"message":"{{message}}"}""");

    private static Task Write(HttpResponse response, int status, string body)
    {
        response.StatusCode = status;
        response.ContentType = "application/json";
        return response.WriteAsync(body);
    }
}
