using System.Buffers;
using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using CloudPlane.Schema;
using CloudPlane.Storage;

namespace CloudPlane.Api.Tests;

/// <summary>An API server over a memory store, called directly.</summary>
internal sealed class TestApi : IAsyncDisposable
{
    public static readonly ApiUser Admin = ApiUser.ControlPlane("admin");
    private static readonly Lazy<Catalog> SharedCatalog = new(Catalog.LoadBuiltIn);

    public TestApi(TimeProvider? time = null, ApiServerOptions? options = null, IStateStore? store = null)
    {
        Time = time ?? TimeProvider.System;
        Store = store ?? new MemoryStore();
        Tokens = new TokenSigner(Key, Time);
        Server = new ApiServer(options ?? new ApiServerOptions(), Store, SharedCatalog.Value, new SingleCluster("default", Tokens), Time, new Random(1), new FailingLogger(Unexpected));
    }

    public ECDsa Key { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public TimeProvider Time { get; }

    public IStateStore Store { get; }

    public TokenSigner Tokens { get; }

    public ApiServer Server { get; }

    /// <summary>What the server logged as unexpected.</summary>
    public List<string> Unexpected { get; } = [];

    public async Task<Answer> SendAsync(
        string method, string pathAndQuery, string? body = null, ApiUser? user = null, string contentType = "application/json", string accept = "",
        string? authorization = null)
    {
        var response = new BufferedResponse();
        await Server.ServeAsync(Request(method, pathAndQuery, body, authorization is null ? user ?? Admin : user, contentType, accept, authorization), response, default);
        return new Answer(response.StatusCode, response.ContentType, response.Written.ToArray(), response.Headers);
    }

    public Task<Answer> GetAsync(string path, ApiUser? user = null, string accept = "") => SendAsync("GET", path, user: user, accept: accept);

    public Task<Answer> PostAsync(string path, string body, ApiUser? user = null) => SendAsync("POST", path, body, user);

    public Task<Answer> PutAsync(string path, string body, ApiUser? user = null) => SendAsync("PUT", path, body, user);

    public Task<Answer> PatchAsync(string path, string body, string type = "merge", ApiUser? user = null) => SendAsync("PATCH", path, body, user,
        type switch { "json" => "application/json-patch+json", "strategic" => "application/strategic-merge-patch+json", _ => "application/merge-patch+json" });

    public Task<Answer> DeleteAsync(string path, string? body = null, ApiUser? user = null) => SendAsync("DELETE", path, body, user);

    /// <summary>Begins a call whose body is read while it goes on.</summary>
    public StreamedCall Open(string pathAndQuery, ApiUser? user = null, string accept = "", string method = "GET", ApiRequest? request = null)
    {
        var call = new StreamedCall();
        call.Run(Server, request ?? Request(method, pathAndQuery, null, user ?? Admin, "", accept, null));
        return call;
    }

    public static ApiRequest Request(
        string method, string pathAndQuery, string? body, ApiUser? user, string contentType, string accept, string? authorization)
    {
        var question = pathAndQuery.IndexOf('?');
        return new ApiRequest
        {
            Method = method,
            Path = question < 0 ? pathAndQuery : pathAndQuery[..question],
            Query = question < 0 ? "" : pathAndQuery[(question + 1)..],
            ContentType = contentType.Length == 0 ? null : contentType,
            Accept = accept,
            User = user,
            Authorization = authorization,
            Body = PipeReader.Create(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body ?? ""))),
        };
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Store.DisposeAsync();
        Key.Dispose();
    }
}

internal sealed record Answer(int Status, string? ContentType, byte[] Body, IReadOnlyList<KeyValuePair<string, string>> Headers)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public JsonObject Json => JsonNode.Parse(Body)!.AsObject();

    public string Message => Json["message"]?.GetValue<string>() ?? "";

    public string Reason => Json["reason"]?.GetValue<string>() ?? "";

    public string Version => Json["metadata"]!["resourceVersion"]!.GetValue<string>();

    public IEnumerable<string> Warnings => Headers.Where(h => h.Key == "Warning").Select(h => h.Value);

    /// <summary>A metav1.Status that fits the HTTP status.</summary>
    public Answer IsFailure(int status, string reason)
    {
        Assert.True(Status == status, $"expected {status}, got {Status}: {Text}");
        Assert.Equal("Status", Json["kind"]!.GetValue<string>());
        Assert.Equal("Failure", Json["status"]!.GetValue<string>());
        Assert.Equal(status, Json["code"]!.GetValue<int>());
        Assert.Equal(reason, Reason);
        return this;
    }

    public Answer Is(int status)
    {
        Assert.True(Status == status, $"expected {status}, got {Status}: {Text}");
        return this;
    }
}
