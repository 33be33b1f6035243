using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace CloudPlane.Doubles;

/// <summary>Which headers the host's proxy (YARP) passes on, and which it sets.</summary>
internal static class HeaderRules
{
    /// <summary>Sent in X-Azure-Functions-HostVersion.</summary>
    public const string HostVersion = "4.1000.0.0";

    /// <summary>Hop-by-hop, or made anew by the proxy's own client.</summary>
    private static readonly HashSet<string> Dropped = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Transfer-Encoding", "Keep-Alive", "Upgrade", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authentication-Info",
        "Proxy-Authorization", "Proxy-Features", "Proxy-Instruction", "Security-Scheme", "ALPN", "Close", "HTTP2-Settings",
        "Upgrade-Insecure-Requests", "TE", "Alt-Svc", "traceparent", "Request-Id", "tracestate", "baggage", "Correlation-Context",
    };

    /// <summary>Set by YARP's default transform; whatever came in them is lost.</summary>
    private static readonly HashSet<string> Replaced = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix",
    };

    public static void CopyRequest(HttpContext context, HttpRequestMessage message, Guid invocation)
    {
        foreach (var (name, values) in context.Request.Headers)
        {
            if (!Dropped.Contains(name) && !Replaced.Contains(name) && !name.StartsWith(':'))
                Add(message, name, values);
        }

        Add(message, "X-Forwarded-For", context.Connection.RemoteIpAddress?.ToString());
        Add(message, "X-Forwarded-Host", context.Request.Host.Value);
        Add(message, "X-Forwarded-Proto", context.Request.Scheme);
        AddHostHeaders(message, invocation);
    }

    public static void AddHostHeaders(HttpRequestMessage message, Guid invocation)
    {
        Add(message, "X-Azure-Functions-InvocationId", invocation.ToString());
        Add(message, "X-Azure-Functions-HostVersion", HostVersion);
    }

    public static void CopyResponse(HttpResponseMessage message, HttpResponse response)
    {
        response.StatusCode = (int)message.StatusCode;
        foreach (var headers in new[] { message.Headers.NonValidated, message.Content.Headers.NonValidated })
        {
            foreach (var (name, values) in headers)
            {
                if (!Dropped.Contains(name))
                    response.Headers[name] = values.ToArray();
            }
        }
    }

    private static void Add(HttpRequestMessage message, string name, StringValues values)
    {
        if (!message.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
            message.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
    }
}
