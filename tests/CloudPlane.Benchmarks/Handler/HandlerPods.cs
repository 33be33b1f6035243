using System.Text;
using CloudPlane.Storage;

namespace CloudPlane.Benchmarks;

/// <summary>What is created: the pods of <see cref="PodManifest"/>.</summary>
internal static class HandlerPods
{
    private const string Space = "bench";

    private static readonly byte[] RevisionMember = "\"resourceVersion\":\""u8.ToArray();

    /// <summary>Makes their namespace, and with it whatever a cluster begins with.</summary>
    public static Task CreateNamespaceAsync(HttpClient client) =>
        PostAsync(client, "api/v1/namespaces", $$"""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"{{Space}}"} }""");

    public static Task CreateAsync(HttpClient client, string name) => PostAsync(client, $"api/v1/namespaces/{Space}/pods", PodManifest.Build(name));

    public static string PathOf(string name) => $"api/v1/namespaces/{Space}/pods/{name}";

    public static Partition PartitionOf(HandlerCluster cluster) => new(cluster.State, "pods");

    /// <summary>Writes that make the rows of a pod which a handler has made, under other names.</summary>
    public static async Task<Func<int, Write>> WritesLikeAsync(IStateStore store, HandlerCluster cluster, string name)
    {
        var stored = await store.GetAsync(PartitionOf(cluster), new ObjectKey(Space, name), default) ?? throw new InvalidOperationException($"no pod {name}");
        var at = stored.Document.Span.IndexOf(RevisionMember) + RevisionMember.Length;
        var after = at + stored.Document.Span[at..].IndexOf((byte)'"');
        var document = new DocumentTemplate((byte[])[.. stored.Document.Span[..at], .. stored.Document.Span[after..]], at);
        return n => new Write(new ObjectKey(Space, $"p{n}"), 0, document, Delete: false, Guid.NewGuid());
    }

    private static async Task PostAsync(HttpClient client, string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(path, content);
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException(await response.Content.ReadAsStringAsync());
    }
}
