using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography.X509Certificates;

namespace CloudPlane.Api;

/// <summary>One API call, free of any HTTP server: from the network through <see cref="ApiServer.HandleAsync"/>, or from inside the process.</summary>
public sealed record ApiRequest
{
    /// <summary>GET, POST, PUT, PATCH or DELETE.</summary>
    public required string Method { get; init; }

    /// <summary>The unescaped path, starting with a slash, without a <c>/clusters/{name}</c> prefix.</summary>
    public required string Path { get; init; }

    /// <summary>The query string as sent, without the question mark.</summary>
    public string Query { get; init; } = "";

    /// <summary>Which cluster the call is for.</summary>
    public string Cluster { get; init; } = "default";

    /// <summary>The Accept header; empty takes JSON.</summary>
    public string Accept { get; init; } = "";

    /// <summary>The body's media type, or null.</summary>
    public string? ContentType { get; init; }

    /// <summary>Whether the caller takes a gzip body.</summary>
    public bool AcceptsGzip { get; init; }

    /// <summary>The Authorization header, or null.</summary>
    public string? Authorization { get; init; }

    /// <summary>The client's certificate; its chain to the cluster's CA has already been verified.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>The caller, when it lives in this process and needs no credentials; null takes the credentials of the request.</summary>
    public ApiUser? User { get; init; }

    /// <summary>The Impersonate-User header, or null. Refused by name: acting as the caller instead would do more than was asked for.</summary>
    public string? ImpersonatedUser { get; init; }

    /// <summary>The CloudPlane-Status header of a node's answer to a stream request, or null.</summary>
    public string? StreamStatus { get; init; }

    /// <summary>The body.</summary>
    public PipeReader Body { get; init; } = PipeReader.Create(ReadOnlySequence<byte>.Empty);
}

/// <summary>Who calls.</summary>
public sealed record ApiUser(string Name, IReadOnlyList<string> Groups)
{
    /// <summary>The control plane's own controllers: may do everything.</summary>
    public static ApiUser ControlPlane(string name) => new(name, [Masters, Authenticated]);

    internal const string Masters = "system:masters";
    internal const string Nodes = "system:nodes";
    internal const string Authenticated = "system:authenticated";
    internal const string Bootstrappers = "system:bootstrappers";
    internal const string NodePrefix = "system:node:";

    internal bool In(string group) => Groups.Contains(group);

    /// <summary>The node whose identity this is, or null.</summary>
    internal string? NodeName => In(Nodes) && Name.StartsWith(NodePrefix, StringComparison.Ordinal) ? Name[NodePrefix.Length..] : null;
}
