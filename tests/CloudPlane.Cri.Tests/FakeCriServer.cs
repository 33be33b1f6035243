using System.Buffers.Binary;
using System.Collections.Concurrent;
using CloudPlane.Cri;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CloudPlane.Cri.Tests;

/// <summary>
/// A CRI server on a Unix socket that does what a test tells it per method: answer, refuse, be slow, or die in the middle of a call.
/// A method that it was not told about is Unimplemented. Also compiled into other test projects.
/// </summary>
public sealed class FakeCriServer : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Func<FakeCriCall, Task>> _methods = new();
    private WebApplication _app;

    private FakeCriServer(string socket)
    {
        Socket = socket;
        _app = Build();
    }

    /// <summary>The socket's path.</summary>
    public string Socket { get; }

    /// <summary>The methods called so far, in order.</summary>
    public ConcurrentQueue<string> Calls { get; } = new();

    /// <summary>Starts one on a socket of its own.</summary>
    public static async Task<FakeCriServer> StartAsync()
    {
        var server = new FakeCriServer(Path.Combine(Path.GetTempPath(), $"cri-fake-{Guid.NewGuid():N}.sock"));
        await server._app.StartAsync();
        return server;
    }

    /// <summary>What to do when a method is called. A <see cref="CriException"/> becomes the status of the answer.</summary>
    public void On(string method, Func<FakeCriCall, Task> handler) => _methods[method] = handler;

    /// <summary>What to answer when a method is called.</summary>
    public void On<TRequest>(string method, Func<TRequest, IMessage> handler) where TRequest : IMessage<TRequest>, new() =>
        On(method, async call => await call.AnswerAsync(handler(call.Read<TRequest>())));

    /// <summary>Ends the server and all its connections, as a crash would.</summary>
    public async Task StopAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        File.Delete(Socket);
    }

    /// <summary>Starts it again on the same socket.</summary>
    public Task RestartAsync()
    {
        _app = Build();
        return _app.StartAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await StopAsync();

    private WebApplication Build()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.ListenUnixSocket(Socket, listen => listen.Protocols = HttpProtocols.Http2);
        });
        var app = builder.Build();
        app.Run(HandleAsync);
        return app;
    }

    private async Task HandleAsync(HttpContext context)
    {
        var method = context.Request.Path.Value!.Split('/')[^1];
        Calls.Enqueue(method);
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        context.Response.ContentType = "application/grpc";
        var call = new FakeCriCall(context, body.ToArray().AsMemory(5));
        try
        {
            if (!_methods.TryGetValue(method, out var handler))
                throw new CriException(CriStatusCode.Unimplemented, $"unknown method {method}");
            await handler(call);
            call.End(CriStatusCode.Ok, null);
        }
        catch (CriException e)
        {
            call.End(e.Code, e.Message);
        }
    }

}

/// <summary>One call to a <see cref="FakeCriServer"/>.</summary>
public sealed class FakeCriCall(HttpContext context, ReadOnlyMemory<byte> request)
{
    /// <summary>Cancelled when the client gave the call up.</summary>
    public CancellationToken Aborted => context.RequestAborted;

    /// <summary>A header of the request; null when it was not sent.</summary>
    public string? Header(string name) => context.Request.Headers.TryGetValue(name, out var value) ? (string?)value : null;

    /// <summary>The request.</summary>
    public T Read<T>() where T : IMessage<T>, new()
    {
        var message = new T();
        message.MergeFrom(request.Span);
        return message;
    }

    /// <summary>Sends a message; a streaming method may send many.</summary>
    public Task AnswerAsync(IMessage message)
    {
        var frame = new byte[5 + message.CalculateSize()];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), frame.Length - 5);
        message.WriteTo(frame.AsSpan(5));
        return SendRawAsync(frame);
    }

    /// <summary>Sends bytes as they are, for frames that break the protocol.</summary>
    public async Task SendRawAsync(ReadOnlyMemory<byte> bytes)
    {
        await context.Response.Body.WriteAsync(bytes, Aborted);
        await context.Response.Body.FlushAsync(Aborted);
    }

    /// <summary>Dies in the middle of the call.</summary>
    public void Abort() => context.Abort();

    /// <summary>The HTTP answer itself, for one that is not gRPC.</summary>
    public HttpResponse Response => context.Response;

    internal void End(CriStatusCode code, string? message)
    {
        var trailersOnly = !context.Response.HasStarted && code != CriStatusCode.Ok;
        Send("grpc-status", ((int)code).ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (message is not null)
            Send("grpc-message", Uri.EscapeDataString(message));

        void Send(string name, string value)
        {
            if (trailersOnly)
                context.Response.Headers[name] = value;
            else if (context.Response.SupportsTrailers())
                context.Response.AppendTrailer(name, value);
        }
    }
}
