namespace CloudPlane.Client;

/// <summary>
/// How an API call reaches the API server: over HTTPS from an agent, or straight into the request pipeline when the caller lives in
/// the control plane's own process.
/// </summary>
public interface IApiTransport
{
    /// <summary>Sends one call and reads the whole answer.</summary>
    /// <exception cref="ApiUnreachableException">No answer; whether the call happened is unknown.</exception>
    ValueTask<ApiAnswer> SendAsync(ApiCall call, CancellationToken cancellationToken);

    /// <summary>Sends one call and returns the body as it arrives (watch, streams). The caller disposes the answer.</summary>
    /// <exception cref="ApiUnreachableException">No answer.</exception>
    ValueTask<ApiStreamAnswer> OpenAsync(ApiCall call, CancellationToken cancellationToken);
}

/// <summary>One call. <paramref name="PathAndQuery"/> starts with a slash and is already escaped.</summary>
public sealed record ApiCall(string Method, string PathAndQuery, ReadOnlyMemory<byte> Body = default, string? ContentType = null, string Accept = "application/json");

/// <summary>A whole answer.</summary>
public sealed record ApiAnswer(int StatusCode, ReadOnlyMemory<byte> Body);

/// <summary>An answer whose body is still coming.</summary>
public sealed class ApiStreamAnswer(int statusCode, Stream body, IDisposable? owner = null) : IDisposable
{
    /// <summary>The HTTP status.</summary>
    public int StatusCode { get; } = statusCode;

    /// <summary>The body.</summary>
    public Stream Body { get; } = body;

    /// <inheritdoc/>
    public void Dispose()
    {
        Body.Dispose();
        owner?.Dispose();
    }
}
