using System.Text.Json.Nodes;

namespace CloudPlane.Api.Tests;

/// <summary>A call in progress; disposal is the client going away.</summary>
internal sealed class StreamedCall : IAsyncDisposable
{
    private readonly CancellationTokenSource _gone = new();
    private readonly StreamedResponse _response = new();
    private readonly StreamReader _lines;
    private Task _serving = Task.CompletedTask;

    public StreamedCall() => _lines = new StreamReader(_response.Stream);

    public Task<int> Status => _response.Started.WaitAsync(TimeSpan.FromSeconds(60));

    public string? ContentType => _response.ContentType;

    public Task Ended => _serving;

    public void Run(ApiServer server, ApiRequest request) => _serving = ServeAsync(server, request);

    /// <summary>The next line, or null at the end.</summary>
    public async Task<string?> LineAsync() => await _lines.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>Some characters, as many as there are; 0 at the end.</summary>
    public async Task<int> ReadAsync(char[] buffer) => await _lines.ReadAsync(buffer).AsTask().WaitAsync(TimeSpan.FromSeconds(60));

    /// <summary>The next watch event.</summary>
    public async Task<WatchEvent> EventAsync()
    {
        var line = await LineAsync() ?? throw new InvalidOperationException("the watch has ended");
        var json = JsonNode.Parse(line)!.AsObject();
        return new WatchEvent(json["type"]!.GetValue<string>(), json["object"]!.AsObject());
    }

    public Task<string> RestAsync() => _lines.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));

    public async ValueTask DisposeAsync()
    {
        await _gone.CancelAsync();
        await _serving;
        _lines.Dispose();
        _gone.Dispose();
    }

    private async Task ServeAsync(ApiServer server, ApiRequest request)
    {
        await server.ServeAsync(request, _response, _gone.Token);
        _response.Complete();
    }
}

internal sealed record WatchEvent(string Type, JsonObject Object)
{
    public string Name => Object["metadata"]!["name"]!.GetValue<string>();

    public string Version => Object["metadata"]!["resourceVersion"]!.GetValue<string>();
}
