using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace CloudPlane.Doubles;

/// <summary>What a person or a script may ask of a running double and do to it.</summary>
internal sealed class AdminEndpoint(FunctionsHostDouble host)
{
    public async Task HandleAsync(HttpContext context)
    {
        var path = (context.Request.Path.Value ?? "").Split('/', StringSplitOptions.RemoveEmptyEntries);
        JsonNode? answer = (context.Request.Method, path) switch
        {
            ("GET", ["meter"]) => host.Meter.ToJson(),
            ("GET", ["instances"]) => Instances(),
            ("POST", ["instances", var id, "kill"]) => Do(id, FunctionsHostDouble.Kill),
            ("POST", ["instances", var id, "kill-handler"]) => Do(id, FunctionsHostDouble.KillHandler),
            ("POST", ["timers", var name]) => await FireAsync(name),
            _ => null,
        };
        if (answer is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer.ToJsonString() + "\n", context.RequestAborted);
    }

    private JsonArray Instances() => new([.. host.Instances.Select(instance => new JsonObject
    {
        ["id"] = instance.Id,
        ["group"] = instance.Group,
        ["processId"] = instance.ProcessId,
        ["ready"] = instance.IsReady,
        ["executions"] = instance.Executions,
        ["log"] = instance.LogFile,
    })]);

    private JsonObject? Do(string id, Action<HostInstance> action)
    {
        if (host.Instances.FirstOrDefault(i => i.Id == id) is not { } instance)
            return null;
        action(instance);
        return new JsonObject { ["killed"] = id };
    }

    private async Task<JsonObject?> FireAsync(string name)
    {
        try
        {
            return new JsonObject { ["succeeded"] = await host.FireTimerAsync(name) };
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
