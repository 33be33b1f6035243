using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace CloudPlane.Doubles;

/// <summary>The platform's front end and the host's HTTP side: limits, routes, the proxy, and one answer for each way to fail.</summary>
internal sealed class FrontEnd(HttpRoutes routes, ScaleGroup group, HttpProxy proxy, FunctionsHostOptions options, TimeSpan? functionTimeout)
{
    private const int MaxUrl = 8192;
    private const int MaxQuery = 4096;

    public async Task HandleAsync(HttpContext context)
    {
        if (Refusal(context.Request) is { } status)
        {
            context.Response.StatusCode = status;
            return;
        }

        // A body that is followed for minutes is no attack here.
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        using var execution = group.Begin();
        using var exchange = new Exchange(context, execution.Instance, options, functionTimeout);
        try
        {
            await proxy.ForwardAsync(context, execution, exchange);
        }
        catch (Exception e) when (e is OperationCanceledException or HttpRequestException or IOException or SocketException or InstanceGoneException or BadHttpRequestException)
        {
            if (exchange.ExceededFunctionTimeout)
                execution.Instance.RestartHandler();
            Fail(context, Status(e, exchange));
        }
    }

    private int? Refusal(HttpRequest request)
    {
        var target = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (target.Length > MaxUrl || request.QueryString.Value?.Length - 1 > MaxQuery)
            return StatusCodes.Status414UriTooLong;
        if (request.ContentLength > options.MaxRequestBody)
            return StatusCodes.Status413PayloadTooLarge;
        // A preflight is the front end's own affair (siteConfig.cors); the app never sees it.
        if (request.Method == HttpMethods.Options && request.Headers.AccessControlRequestMethod.Count > 0)
            return StatusCodes.Status204NoContent;
        return routes.Find(request.Method, request.Path) is null ? StatusCodes.Status404NotFound : null;
    }

    private static int Status(Exception failure, Exchange exchange) => failure switch
    {
        InstanceGoneException => StatusCodes.Status503ServiceUnavailable,
        BadHttpRequestException bad => bad.StatusCode,
        HttpRequestException { InnerException: BadHttpRequestException bad } => bad.StatusCode,
        OperationCanceledException when exchange.ExceededLimit => StatusCodes.Status504GatewayTimeout,
        OperationCanceledException when exchange.ExceededFunctionTimeout => StatusCodes.Status500InternalServerError,
        _ => StatusCodes.Status502BadGateway,
    };

    private static void Fail(HttpContext context, int status)
    {
        // The client must not take half an answer for a whole one.
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        context.Response.Clear();
        context.Response.StatusCode = status;
    }
}
