using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace CloudPlane.Doubles.FakeHandler;

/// <summary>One behaviour for each path; "id" in the query names a gate that another request opens.</summary>
internal sealed class Behaviours
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _gates = new();

    public Task HandleAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/Work" or "/Seed" => TriggerAsync(context),
        "/api/environment" => EnvironmentAsync(context),
        "/api/open" => OpenAsync(context),
        "/api/is-open" => AnswerAsync(context, Gate(context, "").Task.IsCompleted ? "yes" : "no"),
        "/api/stream" => StreamAsync(context),
        "/api/headers-first" => HeadersFirstAsync(context),
        "/api/upload" => UploadAsync(context),
        "/api/wait" => WaitAsync(context),
        "/api/crash" => Crash(),
        "/api/crash-once" => CrashOnceAsync(context),
        "/api/break-off" => BreakOffAsync(context),
        _ => EchoAsync(context),
    };

    private TaskCompletionSource Gate(HttpContext context, string suffix) =>
        _gates.GetOrAdd(context.Request.Query["id"] + suffix, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    private Task OpenAsync(HttpContext context)
    {
        Gate(context, "").TrySetResult();
        return AnswerAsync(context, "open");
    }

    /// <summary>"one", and when the gate opens "two".</summary>
    private async Task StreamAsync(HttpContext context)
    {
        await context.Response.WriteAsync("one\n");
        await Gate(context, "").Task.WaitAsync(context.RequestAborted);
        await context.Response.WriteAsync("two\n");
    }

    /// <summary>Headers at once, which opens gate "ID-sent"; the body when the gate opens.</summary>
    private async Task HeadersFirstAsync(HttpContext context)
    {
        await context.Response.StartAsync();
        await context.Response.Body.FlushAsync();
        Gate(context, "-sent").TrySetResult();
        await Gate(context, "").Task.WaitAsync(context.RequestAborted);
        await context.Response.WriteAsync("body");
    }

    /// <summary>Opens gate "ID-first" when the first bytes of the body are there.</summary>
    private async Task UploadAsync(HttpContext context)
    {
        var buffer = new byte[1 << 16];
        var total = 0L;
        while (await context.Request.Body.ReadAsync(buffer) is > 0 and var read)
        {
            total += read;
            Gate(context, "-first").TrySetResult();
        }

        await AnswerAsync(context, $"{total}");
    }

    /// <summary>Opens gate "ID-waiting" and answers when the gate opens.</summary>
    private async Task WaitAsync(HttpContext context)
    {
        Gate(context, "-waiting").TrySetResult();
        await Gate(context, "").Task.WaitAsync(context.RequestAborted);
        await AnswerAsync(context, "waited");
    }

    private static Task Crash()
    {
        Process.GetCurrentProcess().Kill();
        return Task.Delay(Timeout.Infinite);
    }

    /// <summary>Reads the body and dies, unless the file "marker" says that it did before.</summary>
    private static async Task CrashOnceAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        var marker = context.Request.Query["marker"].ToString();
        if (!File.Exists(marker))
        {
            await File.WriteAllTextAsync(marker, body);
            await Crash();
        }

        await AnswerAsync(context, body);
    }

    /// <summary>Half an answer; when the gate opens the connection is cut.</summary>
    private async Task BreakOffAsync(HttpContext context)
    {
        await context.Response.WriteAsync("half");
        await Gate(context, "").Task;
        context.Abort();
    }

    private static Task EnvironmentAsync(HttpContext context)
    {
        var json = new JsonObject();
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            json[(string)variable.Key] = (string?)variable.Value;
        return AnswerAsync(context, json.ToJsonString());
    }

    private static Task EchoAsync(HttpContext context)
    {
        var headers = new JsonObject();
        foreach (var (name, values) in context.Request.Headers)
            headers[name.ToLowerInvariant()] = values.ToString();
        context.Response.Headers["X-From-Handler"] = "yes";
        context.Response.Headers.KeepAlive = "timeout=5";
        var json = new JsonObject
        {
            ["method"] = context.Request.Method,
            ["target"] = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            ["headers"] = headers,
            ["pid"] = Environment.ProcessId,
        };
        return AnswerAsync(context, json.ToJsonString());
    }

    /// <summary>Keeps the envelope in a file of its own in the folder of setting ENVELOPES, and answers as the file of setting ANSWER says: "crash 3" dies of the first three.</summary>
    private static async Task TriggerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        // Complete before it has its name: a test reads while this writes.
        var file = Path.Combine(Environment.GetEnvironmentVariable("ENVELOPES")!, $"{Stopwatch.GetTimestamp():D20}-{Guid.NewGuid()}");
        await File.WriteAllTextAsync(file, $"{context.Request.Path}\n{context.Request.ContentType}\n{body}\n");
        // Before the test can see the envelope, and change its mind.
        var answer = Environment.GetEnvironmentVariable("ANSWER") is { } mode && File.Exists(mode) ? await File.ReadAllTextAsync(mode) : "ok";
        File.Move(file, file + ".txt");
        switch (answer)
        {
            case ['c', 'r', 'a', 's', 'h', ' ', .. var times]:
                if (Directory.GetFiles(Environment.GetEnvironmentVariable("ENVELOPES")!, "*.txt").Length <= int.Parse(times, CultureInfo.InvariantCulture))
                    await Crash();
                goto default;
            case "empty":
                return;
            case "fail":
                context.Response.StatusCode = StatusCodes.Status500InternalServerError;
                return;
            case "text":
                await AnswerAsync(context, "done");
                return;
            default:
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync("""{"Outputs":{},"Logs":[],"ReturnValue":null}""");
                return;
        }
    }

    private static Task AnswerAsync(HttpContext context, string text)
    {
        context.Response.ContentType ??= "text/plain";
        return context.Response.WriteAsync(text);
    }
}
