using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Doubles;

/// <summary>Posts an envelope to a handler and judges its answer as the host does.</summary>
internal sealed class TriggerInvoker(FunctionsHostOptions options, TimeSpan? functionTimeout, HostLog log)
{
    /// <summary>True when the execution succeeded.</summary>
    /// <exception cref="InstanceGoneException">The instance ended meanwhile; whether the handler did its work is unknown.</exception>
    public async Task<bool> InvokeAsync(string function, byte[] envelope, Execution execution)
    {
        var instance = execution.Instance;
        await instance.ReadyAsync(CancellationToken.None);
        using var timeout = functionTimeout is { } limit ? new CancellationTokenSource(limit, options.Time) : new CancellationTokenSource();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, instance.Gone);
        try
        {
            if (await PostAsync(function, envelope, execution, end.Token) is not { } failure)
                return true;
            log.Failed(function, instance.Id, failure);
        }
        catch (OperationCanceledException) when (instance.Gone.IsCancellationRequested)
        {
            throw instance.NewGone();
        }
        catch (OperationCanceledException)
        {
            instance.RestartHandler();
            log.Failed(function, instance.Id, "functionTimeout; the handler is restarted");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            if (instance.Gone.IsCancellationRequested)
                throw instance.NewGone();
            log.Failed(function, instance.Id, e.Message);
            await instance.SettleAsync();
        }

        return false;
    }

    /// <summary>What is wrong with the answer; null when nothing is.</summary>
    private static async Task<string?> PostAsync(string function, byte[] envelope, Execution execution, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(execution.Instance.Address, $"/{function}"));
        request.Content = new ByteArrayContent(envelope);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        HeaderRules.AddHostHeaders(request, execution.Id);
        using var response = await execution.Instance.Client.SendAsync(request, cancellationToken);
        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        if (!response.IsSuccessStatusCode)
            return $"the handler answered {(int)response.StatusCode}";
        // Reads as null, for which the host never completes the execution.
        if (body.Trim() is "" or "null")
            await Task.Delay(Timeout.Infinite, cancellationToken);
        if (response.Content.Headers.ContentType?.MediaType is not "application/json")
            return $"the answer's content type is {response.Content.Headers.ContentType?.ToString() ?? "missing"}, not application/json";
        try
        {
            return JsonNode.Parse(body) is JsonObject ? null : "the answer is no JSON object";
        }
        catch (JsonException)
        {
            return "the answer is no JSON";
        }
    }
}
