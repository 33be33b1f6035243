using Google.Protobuf;

namespace CloudPlane.Cri;

/// <summary>One remote method and how to read its answer.</summary>
/// <param name="Service">The service with its package, e.g. "runtime.v1.RuntimeService".</param>
/// <param name="Name">The method, e.g. "RunPodSandbox".</param>
/// <param name="Parser">Reads the answer.</param>
/// <param name="ContainerdNamespace">The namespace that containerd's own services ask for; null for the CRI.</param>
internal sealed record CriMethod<TResponse>(string Service, string Name, MessageParser<TResponse> Parser, string? ContainerdNamespace = null)
    where TResponse : class, IMessage<TResponse>
{
    /// <summary>The authority is "localhost", as gRPC clients send it over a Unix socket.</summary>
    public Uri Uri { get; } = new($"http://localhost/{Service}/{Name}");
}
