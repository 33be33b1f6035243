using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace CloudPlane.Doubles;

/// <summary>
/// The host's streaming proxy to a handler: (1) wait for the handler, (2) send, up to ten times while the connection to it fails, (3) pass the
/// answer on as it comes; its headers go with the first byte of the body, or at its end.
/// </summary>
internal sealed class HttpProxy(FunctionsHostOptions options, Chance chance)
{
    private const int MaxSends = 10;
    private const int BufferSize = 64 * 1024;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(250);

    /// <exception cref="OperationCanceledException">The client, the instance or a limit ended it.</exception>
    /// <exception cref="HttpRequestException">The handler could not be reached, or broke off.</exception>
    /// <exception cref="IOException">The handler broke off in the middle of its answer.</exception>
    public async Task ForwardAsync(HttpContext context, Execution execution, Exchange exchange)
    {
        await execution.Instance.ReadyAsync(exchange.Token);
        using var answer = await SendAsync(context, execution, exchange);
        HeaderRules.CopyResponse(answer, context.Response);
        await using var body = await answer.Content.ReadAsStreamAsync(exchange.Token);
        var buffer = new byte[BufferSize];
        while (await body.ReadAsync(buffer, exchange.Token) is > 0 and var read)
        {
            exchange.Moved();
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), exchange.Token);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpContext context, Execution execution, Exchange exchange)
    {
        var body = HasBody(context.Request) ? new RequestBody(context.Request.BodyReader, context.Request.ContentLength, exchange.Moved) : null;
        var pause = FirstPause;
        for (var send = 1; ; send++)
        {
            var content = body?.Begin();
            try
            {
                using var message = Message(context, execution, content);
                var answer = await execution.Instance.Client.SendAsync(message, exchange.Token);
                exchange.Moved();
                return answer;
            }
            catch (Exception e) when (
                e is HttpRequestException { InnerException: not BadHttpRequestException } or SocketException && send < MaxSends && body is null or { CanSendAgain: true })
            {
                if (content is not null)
                    await content.StopAsync();
            }

            await Task.Delay(pause + TimeSpan.FromMilliseconds(chance.Next(0, 10)), options.Time, exchange.Token);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private static HttpRequestMessage Message(HttpContext context, Execution execution, HttpContent? content)
    {
        var message = new HttpRequestMessage(HttpMethod.Parse(context.Request.Method), ProxiedAddress.Of(execution.Instance.Address, context.Request)) { Content = content };
        HeaderRules.CopyRequest(context, message, execution.Id);
        return message;
    }

    private static bool HasBody(HttpRequest request) => request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0;
}
