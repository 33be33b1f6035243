using System.IO.Pipelines;

namespace CloudPlane.Api;

/// <summary>Where an answer goes. Status and headers are set before the first flush of <see cref="Body"/>.</summary>
public abstract class ApiResponse
{
    /// <summary>The HTTP status.</summary>
    public abstract int StatusCode { get; set; }

    /// <summary>Whether the status is already on its way.</summary>
    public abstract bool HasStarted { get; }

    /// <summary>Sets Content-Type.</summary>
    public abstract string? ContentType { get; set; }

    /// <summary>Sets Content-Length, in bytes; null for a body of unknown length.</summary>
    public abstract long? ContentLength { get; set; }

    /// <summary>Adds a header's value.</summary>
    public abstract void AddHeader(string name, string value);

    /// <summary>The body.</summary>
    public abstract PipeWriter Body { get; }

    /// <summary>Breaks the connection: the only way to tell a client that a body which has started is not whole.</summary>
    public abstract void Abort();
}
