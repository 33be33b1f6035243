using System.Text;
using static CloudPlane.Api.Tests.Manifests;

namespace CloudPlane.Api.Tests;

/// <summary>Bodies as typed Go clients send them.</summary>
public sealed class ProtobufTests : IAsyncDisposable
{
    private const string Type = "application/vnd.kubernetes.protobuf";
    private readonly TestApi _api = new();

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    private static byte[] Field(int number, byte[] content) => [.. Tag((number << 3) | 2), (byte)content.Length, .. content];

    private static byte[] Tag(int tag) => tag < 128 ? [(byte)tag] : [(byte)(tag | 128), (byte)(tag >> 7)];

    private static byte[] Field(int number, string text) => Field(number, Encoding.UTF8.GetBytes(text));

    private static byte[] Number(int number, byte value) => [(byte)(number << 3), value];

    private static byte[] Envelope(string version, string kind, byte[] raw) =>
        [.. "k8s\0"u8, .. Field(1, [.. Field(1, version), .. Field(2, kind)]), .. Field(2, raw)];

    private async Task<Answer> SendAsync(string method, string path, byte[] body)
    {
        var response = new BufferedResponse();
        var request = TestApi.Request(method, path, null, TestApi.Admin, Type, $"{Type},application/json", null) with
        {
            Body = System.IO.Pipelines.PipeReader.Create(new System.Buffers.ReadOnlySequence<byte>(body)),
        };
        await _api.Server.ServeAsync(request, response, default);
        return new Answer(response.StatusCode, response.ContentType, response.Written.ToArray(), response.Headers);
    }

    [Fact]
    public async Task A_secret_with_bytes_and_labels()
    {
        // metadata{name 1, creationTimestamp 8 (zero), labels 11}, data 2: map<string, bytes>, type 3.
        byte[] metadata = [.. Field(1, "s"), .. Field(2, ""), .. Field(8, []), .. Field(11, [.. Field(1, "a"), .. Field(2, "b")])];
        byte[] secret = [.. Field(1, metadata), .. Field(2, [.. Field(1, "k"), .. Field(2, [1, 2, 255])]), .. Field(3, "")];
        var created = (await SendAsync("POST", $"{Namespaced}/secrets", Envelope("v1", "Secret", secret))).Is(201).Json;
        Assert.Equal("AQL/", created["data"]!["k"]!.GetValue<string>());
        Assert.Equal("b", created["metadata"]!["labels"]!["a"]!.GetValue<string>());
        Assert.Equal("Opaque", created["type"]!.GetValue<string>());
    }

    [Fact]
    public async Task Delete_options_and_evictions()
    {
        await _api.PostAsync($"{Namespaced}/pods", Pod("p", "n1"));
        (await SendAsync("DELETE", $"{Namespaced}/pods/p", Envelope("v1", "DeleteOptions", Number(1, 7)))).Is(200);
        Assert.Equal(7, (await _api.GetAsync($"{Namespaced}/pods/p")).Json["metadata"]!["deletionGracePeriodSeconds"]!.GetValue<int>());
        await _api.PostAsync($"{Namespaced}/pods", Pod("q"));
        byte[] eviction = Field(1, [.. Field(1, "q"), .. Field(3, "default")]);
        (await SendAsync("POST", $"{Namespaced}/pods/q/eviction", Envelope("policy/v1", "Eviction", eviction))).Is(201);
        (await _api.GetAsync($"{Namespaced}/pods/q")).IsFailure(404, "NotFound");
    }

    [Fact]
    public async Task What_is_no_protobuf_or_another_kind_is_refused()
    {
        (await SendAsync("POST", $"{Namespaced}/configmaps", "{}"u8.ToArray())).IsFailure(400, "BadRequest");
        (await SendAsync("POST", $"{Namespaced}/configmaps", Envelope("v1", "Secret", []))).IsFailure(400, "BadRequest");
        (await SendAsync("POST", $"{Namespaced}/configmaps", Envelope("v1", "ConfigMap", [10, 200]))).IsFailure(400, "BadRequest");
    }

    [Fact]
    public async Task Random_bytes_never_break_the_server()
    {
        var random = new Random(7);
        byte[] good = Envelope("v1", "Pod", Field(2, Field(2, [.. Field(1, "c"), .. Field(8, Field(1, [.. Field(1, "cpu"), .. Field(2, Field(1, "1"))]))])));
        for (var i = 0; i < 2000; i++)
        {
            var bytes = (byte[])good.Clone();
            for (var n = random.Next(1, 5); n > 0; n--)
                bytes[random.Next(4, bytes.Length)] = (byte)random.Next(256);
            Assert.InRange((await SendAsync("POST", $"{Namespaced}/pods", bytes)).Status, 400, 499);
        }
    }
}
