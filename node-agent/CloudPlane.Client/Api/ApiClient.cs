using System.Net;
using System.Text.Json;

namespace CloudPlane.Client;

/// <summary>
/// The typed client of the API: one method per verb. Cluster-scoped resources use the namespace "".
/// Refusals are <see cref="ApiException"/>, a broken connection is <see cref="ApiUnreachableException"/> (the outcome is then unknown).
/// </summary>
public sealed class ApiClient(IApiTransport transport)
{
    /// <summary>The transport, for calls that are not about typed resources.</summary>
    public IApiTransport Transport { get; } = transport;

    /// <summary>The object, or null when there is none.</summary>
    public async Task<T?> GetAsync<T>(string ns, string name, CancellationToken cancellationToken) where T : class, IKubernetesObject<T>
    {
        var answer = await Transport.SendAsync(new ApiCall("GET", ResourcePath.Object(T.Resource, ns, name)), cancellationToken).ConfigureAwait(false);
        return answer.StatusCode == (int)HttpStatusCode.NotFound ? null : Read<T>(answer);
    }

    /// <summary>One page (all, without a limit) of a namespace's objects, or of all namespaces' when <paramref name="ns"/> is null or "".</summary>
    public async Task<ResourceList<T>> ListAsync<T>(string? ns, ListOptions? options, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<T>
    {
        var path = ResourcePath.Collection(T.Resource, ns) + options?.ToQuery(watch: false);
        var answer = await Transport.SendAsync(new ApiCall("GET", path), cancellationToken).ConfigureAwait(false);
        return ApiAnswers.Parse(answer, ListReader.Read<T>);
    }

    /// <summary>Creates the object; metadata.generateName may stand for its name.</summary>
    public Task<T> CreateAsync<T>(T value, CancellationToken cancellationToken) where T : class, IKubernetesObject<T>
    {
        if (T.Resource.Namespaced && string.IsNullOrEmpty(value.Metadata.Namespace))
            throw new ArgumentException($"the {T.Resource.Kind} has no namespace", nameof(value));
        return WriteAsync(value, "POST", ResourcePath.Collection(T.Resource, value.Metadata.Namespace), cancellationToken);
    }

    /// <summary>Replaces the object; its resourceVersion, if set, must be current.</summary>
    public Task<T> UpdateAsync<T>(T value, CancellationToken cancellationToken) where T : class, IKubernetesObject<T> =>
        WriteAsync(value, "PUT", ResourcePath.Object(T.Resource, value.Metadata.Namespace, value.Metadata.Name!), cancellationToken);

    /// <summary>Replaces the object's status; its resourceVersion, if set, must be current.</summary>
    public Task<T> UpdateStatusAsync<T>(T value, CancellationToken cancellationToken) where T : class, IKubernetesObject<T> =>
        UpdateSubresourceAsync(value, "status", cancellationToken);

    /// <summary>Replaces one of the object's subresources that has the form of the object itself ("status", "finalize").</summary>
    public Task<T> UpdateSubresourceAsync<T>(T value, string subresource, CancellationToken cancellationToken) where T : class, IKubernetesObject<T> =>
        WriteAsync(value, "PUT", ResourcePath.Object(T.Resource, value.Metadata.Namespace, value.Metadata.Name!, subresource), cancellationToken);

    public async Task<T> PatchAsync<T>(
        string ns, string name, PatchKind kind, ReadOnlyMemory<byte> patch, string? subresource, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<T>
    {
        var type = kind switch
        {
            PatchKind.Json => "application/json-patch+json",
            PatchKind.Merge => "application/merge-patch+json",
            _ => "application/strategic-merge-patch+json",
        };
        var call = new ApiCall("PATCH", ResourcePath.Object(T.Resource, ns, name, subresource), patch, type);
        return Read<T>(await Transport.SendAsync(call, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// Deletes the object. A 404 is an <see cref="ApiException"/> (<see cref="ApiException.IsNotFound"/>): callers that want it gone ignore it.
    /// </summary>
    public async Task DeleteAsync<T>(string ns, string name, DeleteOptions? options, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<T>
    {
        var body = options is null ? default : ModelJson.ToBytes(options);
        var call = new ApiCall("DELETE", ResourcePath.Object(T.Resource, ns, name), body, options is null ? null : "application/json");
        ApiAnswers.ThrowIfRefused(await Transport.SendAsync(call, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Posts a body (a Binding, an Eviction, a join request) and returns the answer's.</summary>
    public async Task<ReadOnlyMemory<byte>> PostAsync(string path, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var answer = await Transport.SendAsync(new ApiCall("POST", path, body, "application/json"), cancellationToken).ConfigureAwait(false);
        ApiAnswers.ThrowIfRefused(answer);
        return answer.Body;
    }

    /// <summary>
    /// The changes after <see cref="ListOptions.ResourceVersion"/>, until the server ends the watch. An expired version is an
    /// <see cref="ApiException"/> with <see cref="ApiException.IsExpired"/>, whether it comes as the answer or as an ERROR event.
    /// </summary>
    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        string? ns, ListOptions options, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
        where T : class, IKubernetesObject<T>
    {
        var path = ResourcePath.Collection(T.Resource, ns) + options.ToQuery(watch: true);
        using var answer = await Transport.OpenAsync(new ApiCall("GET", path), cancellationToken).ConfigureAwait(false);
        if (answer.StatusCode != (int)HttpStatusCode.OK)
            throw ApiAnswers.Refusal(answer.StatusCode, await ApiAnswers.ReadErrorAsync(answer.Body, cancellationToken).ConfigureAwait(false));
        await foreach (var line in LineReader.ReadAsync(answer.Body, cancellationToken).ConfigureAwait(false))
            yield return WatchEventReader.Read<T>(line.Span);
    }

    private async Task<T> WriteAsync<T>(T value, string method, string path, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<T>
    {
        var call = new ApiCall(method, path, ModelJson.ToBytes(value), "application/json");
        return Read<T>(await Transport.SendAsync(call, cancellationToken).ConfigureAwait(false));
    }

    private static T Read<T>(ApiAnswer answer) where T : IModel<T> => ApiAnswers.Parse(answer, ModelJson.Parse<T>);
}
