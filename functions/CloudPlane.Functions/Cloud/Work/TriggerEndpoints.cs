using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CloudPlane.Functions;

/// <summary>
/// The paths that the Functions host posts triggers to, on loopback; no HTTP function's route leads to them. The answer is always a JSON
/// object, as an empty one would hang the invocation until its timeout; any status but 2xx fails the invocation, and its messages come again.
/// </summary>
internal sealed partial class TriggerEndpoints(WorkFunction work, SeedFunction seed, ILogger logger)
{
    // A batch is 1,000 messages of 256 KB at most by the settings, and some hundred bytes each in truth.
    private const long LargestEnvelope = 64L * 1024 * 1024;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64 };

    /// <summary>False when the request is none of a trigger's.</summary>
    public async ValueTask<bool> ServeAsync(HttpContext context)
    {
        Func<JsonElement, CancellationToken, Task>? function = context.Request.Path.Value switch
        {
            "/Work" => work.RunAsync,
            "/Seed" => seed.RunAsync,
            _ => null,
        };
        if (function is null)
            return false;
        await AnswerAsync(context, await RunAsync(context, function));
        return true;
    }

    private async Task<(int Status, string Log)> RunAsync(HttpContext context, Func<JsonElement, CancellationToken, Task> function)
    {
        if (context.Request.Method != HttpMethods.Post)
            return (StatusCodes.Status405MethodNotAllowed, "a trigger is posted");
        if (context.Request.ContentLength > LargestEnvelope)
            return (StatusCodes.Status413PayloadTooLarge, "the envelope is too large");
        try
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body, Strict, context.RequestAborted);
            await function(body.RootElement, context.RequestAborted);
            return (StatusCodes.Status200OK, "");
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return (StatusCodes.Status400BadRequest, e.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return (StatusCodes.Status503ServiceUnavailable, "the host gave the invocation up");
        }
        // Whatever failed: the host delivers the messages again, and the process goes on.
        catch (Exception e)
        {
            LogFailure(logger, context.Request.Path.Value!, e);
            return (StatusCodes.Status500InternalServerError, e.Message);
        }
    }

    private static async Task AnswerAsync(HttpContext context, (int Status, string Log) outcome)
    {
        context.Response.StatusCode = outcome.Status;
        context.Response.ContentType = "application/json";
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter);
        writer.WriteStartObject();
        writer.WriteStartObject("Outputs"u8);
        writer.WriteEndObject();
        writer.WriteStartArray("Logs"u8);
        if (outcome.Log.Length > 0)
            writer.WriteStringValue(outcome.Log);
        writer.WriteEndArray();
        writer.WriteNull("ReturnValue"u8);
        writer.WriteEndObject();
    }

    [LoggerMessage(20, LogLevel.Warning, "trigger {Path} failed; its messages come again")]
    private static partial void LogFailure(ILogger logger, string path, Exception error);
}
