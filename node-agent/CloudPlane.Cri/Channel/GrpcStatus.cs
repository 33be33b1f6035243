using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace CloudPlane.Cri;

/// <summary>Reads a call's status from headers and trailers, and turns what the transport throws into a status.</summary>
internal static class GrpcStatus
{
    /// <summary>Fails for an answer that is no gRPC stream, and for one that carries its status in the headers ("trailers only").</summary>
    public static void ThrowIfRefused(HttpResponseMessage response, string method)
    {
        if (Value(response.Headers, "grpc-status") is { } status)
            Throw(status, Value(response.Headers, "grpc-message"), method);
        if (response.StatusCode != HttpStatusCode.OK)
            throw new CriException(OfHttp(response.StatusCode), $"HTTP status {(int)response.StatusCode} instead of a gRPC answer", method);
        if (response.Content.Headers.ContentType?.MediaType?.StartsWith("application/grpc", StringComparison.Ordinal) != true)
            throw new CriException(CriStatusCode.Unknown, $"content type {response.Content.Headers.ContentType} instead of application/grpc", method);
    }

    /// <summary>Fails unless the trailers say OK. To be called when the body has been read to its end.</summary>
    public static void ThrowIfFailed(HttpResponseMessage response, string method)
    {
        var status = Value(response.TrailingHeaders, "grpc-status") ?? Value(response.Headers, "grpc-status")
            ?? throw new CriException(CriStatusCode.Internal, "the answer ended without a grpc-status", method);
        Throw(status, Value(response.TrailingHeaders, "grpc-message"), method);
    }

    /// <summary>What an exception of the transport means. The outcome of the call is unknown for all of them.</summary>
    public static CriException Translate(Exception e, string method, string socketPath) => e switch
    {
        HttpRequestException { InnerException: SocketException socket } =>
            new(CriStatusCode.Unavailable, $"connect to unix socket {socketPath}: {socket.Message}", method, e),
        HttpProtocolException protocol => new(OfHttp2((ulong)protocol.ErrorCode), $"connection to {socketPath}: {protocol.Message}", method, e),
        HttpRequestException { InnerException: HttpProtocolException protocol } =>
            new(OfHttp2((ulong)protocol.ErrorCode), $"connection to {socketPath}: {protocol.Message}", method, e),
        _ => new(CriStatusCode.Unavailable, $"connection to {socketPath}: {(e.InnerException ?? e).Message}", method, e),
    };

    private static void Throw(string status, string? message, string method)
    {
        var code = int.TryParse(status, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= 16
            ? (CriStatusCode)number
            : CriStatusCode.Unknown;
        if (code == CriStatusCode.Ok)
            return;
        throw new CriException(code, message is null ? $"status {status} without a message" : Uri.UnescapeDataString(message), method);
    }

    private static string? Value(HttpHeaders headers, string name) => headers.TryGetValues(name, out var values) ? values.First() : null;

    // https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
    private static CriStatusCode OfHttp(HttpStatusCode status) => (int)status switch
    {
        400 => CriStatusCode.Internal,
        401 => CriStatusCode.Unauthenticated,
        403 => CriStatusCode.PermissionDenied,
        404 => CriStatusCode.Unimplemented,
        429 or 502 or 503 or 504 => CriStatusCode.Unavailable,
        _ => CriStatusCode.Unknown,
    };

    // The table "Errors" of https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
    private static CriStatusCode OfHttp2(ulong code) => code switch
    {
        0x7 => CriStatusCode.Unavailable,
        0x8 => CriStatusCode.Cancelled,
        0xb => CriStatusCode.ResourceExhausted,
        0xc => CriStatusCode.PermissionDenied,
        _ => CriStatusCode.Internal,
    };
}
