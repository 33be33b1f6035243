using System.Text;
using System.Text.Json.Nodes;
using CloudPlane.Client;

namespace CloudPlane.Controllers.Tests;

/// <summary>
/// The API server as far as controllers can tell: names, uids, generations, optimistic locking, status subresources, finalizers, graceful
/// deletion, propagation policies, terminating namespaces. It is as strict as the real one about stale writes.
/// </summary>
internal sealed class FakeApi(TimeProvider time, Random random) : ISimulatedServer
{
    private static readonly string[] WithStatus = ["pods", "apps/deployments", "apps/replicasets", "nodes", "namespaces", "services"];
    private static readonly string[] ClusterScoped = ["nodes", "namespaces"];

    /// <inheritdoc/>
    public IChangeFeed Feed => Store;

    private FakeStore Store { get; } = new();

    /// <inheritdoc/>
    public ApiAnswer Send(ApiCall call)
    {
        var target = Target.Parse(call.PathAndQuery);
        JsonNode answer;
        var status = 200;
        try
        {
            var body = call.Body.IsEmpty ? null : JsonNode.Parse(call.Body.Span)!.AsObject();
            (status, answer) = Handle(call.Method, target, body);
        }
        catch (Refusal refusal)
        {
            status = refusal.Code;
            answer = new JsonObject { ["kind"] = "Status", ["status"] = "Failure", ["code"] = status, ["reason"] = refusal.Reason, ["message"] = refusal.Message };
        }
        return new ApiAnswer(status, Encoding.UTF8.GetBytes(answer.ToJsonString()));
    }

    private (int Status, JsonNode Body) Handle(string method, Target target, JsonObject? body) => (method, target.Name, target.Subresource) switch
    {
        ("GET", null, null) => (200, List(target)),
        ("GET", _, null) => (200, Existing(target)),
        ("POST", null, null) => (201, Create(target, body!)),
        ("POST", _, "binding") => (201, Bind(target, body!)),
        ("PUT", _, null) => (200, Update(target, body!)),
        ("PUT", _, "status") => (200, UpdatePart(target, body!, "status")),
        ("PUT", _, "finalize") => (200, UpdatePart(target, body!, "spec")),
        ("PATCH", _, null) => (200, Patch(target, body!)),
        ("DELETE", _, null) => (200, Delete(target, body)),
        _ => throw new Refusal(405, "MethodNotAllowed", $"{method} {target}"),
    };

    private JsonObject List(Target target) => new()
    {
        ["metadata"] = new JsonObject { ["resourceVersion"] = Store.Head(target.Resource).ToString() },
        ["items"] = new JsonArray([.. Store.List(target.Resource).Where(o => target.Namespace == "" || (string?)o["metadata"]!["namespace"] == target.Namespace)]),
    };

    private JsonObject Existing(Target target) =>
        Store.Get(target.Resource, target.Namespace, target.Name!) ?? throw new Refusal(404, "NotFound", $"{target.Resource} \"{target.Name}\" not found");

    private JsonObject Create(Target target, JsonObject value)
    {
        var metadata = value["metadata"]!.AsObject();
        var name = (string?)metadata["name"] ?? $"{metadata["generateName"]}{random.Next(100000):d5}";
        metadata["name"] = name;
        if (!ClusterScoped.Contains(target.Resource))
        {
            metadata["namespace"] = target.Namespace;
            var ns = Store.Get("namespaces", "", target.Namespace) ?? throw new Refusal(404, "NotFound", $"namespaces \"{target.Namespace}\" not found");
            if (ns["metadata"]!["deletionTimestamp"] is not null && target.Resource != "events")
            {
                throw new Refusal(403, "Forbidden", $"unable to create new content in namespace {target.Namespace} because it is being terminated");
            }
        }
        if (Store.Get(target.Resource, target.Namespace, name) is not null)
        {
            throw new Refusal(409, "AlreadyExists", $"{target.Resource} \"{name}\" already exists");
        }
        metadata["uid"] = new Guid(Enumerable.Range(0, 16).Select(_ => (byte)random.Next(256)).ToArray()).ToString();
        metadata["creationTimestamp"] = Now();
        metadata["generation"] = 1;
        metadata.Remove("deletionTimestamp");
        if (WithStatus.Contains(target.Resource) && target.Resource != "nodes")
        {
            value.Remove("status");
        }
        switch (target.Resource)
        {
            case "pods":
                value["status"] = new JsonObject { ["phase"] = "Pending" };
                break;
            case "services":
                value["spec"]!["clusterIP"] ??= $"10.96.1.{random.Next(1, 255)}";
                break;
            case "namespaces":
                value["spec"] = new JsonObject { ["finalizers"] = new JsonArray("kubernetes") };
                value["status"] = new JsonObject { ["phase"] = "Active" };
                break;
        }
        return Store.Put(target.Resource, value);
    }

    private JsonObject Bind(Target target, JsonObject binding)
    {
        var pod = Existing(target);
        if (pod["spec"]!["nodeName"] is not null)
        {
            throw new Refusal(409, "Conflict", $"pod {target.Name} is already assigned to node");
        }
        pod["spec"]!["nodeName"] = (string)binding["target"]!["name"]!;
        pod["status"]!["conditions"] = new JsonArray(new JsonObject { ["type"] = "PodScheduled", ["status"] = "True", ["lastTransitionTime"] = Now() });
        return Store.Put(target.Resource, pod);
    }

    private JsonObject Update(Target target, JsonObject value)
    {
        var current = Existing(target);
        Check(current, value["metadata"]!["uid"], value["metadata"]!["resourceVersion"], target);
        foreach (var field in new[] { "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "resourceVersion" })
        {
            value["metadata"]![field] = current["metadata"]![field]?.DeepClone();
        }
        if (WithStatus.Contains(target.Resource))
        {
            value["status"] = current["status"]?.DeepClone();
        }
        return Settle(target, current, Clean(value));
    }

    private JsonObject UpdatePart(Target target, JsonObject value, string part)
    {
        var current = Existing(target);
        Check(current, value["metadata"]!["uid"], value["metadata"]!["resourceVersion"], target);
        var changed = current.DeepClone().AsObject();
        changed[part] = value[part]?.DeepClone();
        // A status may come with annotations (deploymentStatusStrategy).
        if (part == "status" && value["metadata"]!["annotations"] is { } annotations)
            changed["metadata"]!["annotations"] = annotations.DeepClone();
        return Settle(target, current, Clean(changed));
    }

    private JsonObject Patch(Target target, JsonObject patch)
    {
        var current = Existing(target);
        Check(current, patch["metadata"]?["uid"], patch["metadata"]?["resourceVersion"], target);
        var changed = current.DeepClone().AsObject();
        Merge(changed, patch);
        return Settle(target, current, Clean(changed));
    }

    private JsonObject Settle(Target target, JsonObject current, JsonObject changed)
    {
        if (JsonNode.DeepEquals(current, changed))
        {
            return current;
        }
        if (!JsonNode.DeepEquals(current["spec"], changed["spec"]))
        {
            changed["metadata"]!["generation"] = (long)(current["metadata"]!["generation"] ?? 1) + 1;
        }
        var removed = changed["metadata"]!["deletionTimestamp"] is not null && !IsHeld(target, changed) && !IsRunningPod(target, changed);
        return Store.Put(target.Resource, changed, removed);
    }

    private JsonObject Delete(Target target, JsonObject? options)
    {
        var current = Existing(target);
        Check(current, options?["preconditions"]?["uid"], options?["preconditions"]?["resourceVersion"], target);
        var changed = current.DeepClone().AsObject();
        var metadata = changed["metadata"]!.AsObject();
        var finalizers = metadata["finalizers"]?.AsArray().Select(f => (string)f!).ToList() ?? [];
        if ((string?)options?["propagationPolicy"] == "Foreground" && !finalizers.Contains("foregroundDeletion"))
        {
            finalizers.Add("foregroundDeletion");
        }
        if ((string?)options?["propagationPolicy"] == "Orphan" && !finalizers.Contains("orphan"))
        {
            finalizers.Add("orphan");
        }
        metadata["finalizers"] = new JsonArray([.. finalizers.Select(f => JsonValue.Create(f))]);
        var grace = (long?)options?["gracePeriodSeconds"] ?? (long?)current["spec"]?["terminationGracePeriodSeconds"] ?? 30;
        var graceful = IsRunningPod(target, changed) && grace > 0;
        if (target.Resource == "namespaces")
        {
            changed["status"]!["phase"] = "Terminating";
        }
        if (!graceful && !IsHeld(target, changed))
        {
            metadata["deletionTimestamp"] ??= Now();
            return Store.Put(target.Resource, Clean(changed), deleted: true);
        }
        if (graceful)
        {
            metadata["deletionGracePeriodSeconds"] ??= grace;
        }
        else
        {
            metadata["deletionGracePeriodSeconds"] = 0;
        }
        metadata["deletionTimestamp"] ??= Now();
        changed = Clean(changed);
        return JsonNode.DeepEquals(current, changed) ? current : Store.Put(target.Resource, changed);
    }

    private static bool IsHeld(Target target, JsonObject value) =>
        value["metadata"]!["finalizers"] is JsonArray { Count: > 0 }
        || (target.Resource == "namespaces" && value["spec"]?["finalizers"] is JsonArray { Count: > 0 });

    private static bool IsRunningPod(Target target, JsonObject value) =>
        target.Resource == "pods" && value["spec"]?["nodeName"] is not null
        && (string?)value["status"]?["phase"] is not ("Succeeded" or "Failed")
        && (long?)value["metadata"]!["deletionGracePeriodSeconds"] != 0;

    private static void Check(JsonObject current, JsonNode? uid, JsonNode? version, Target target)
    {
        if (uid is not null && (string?)uid != (string?)current["metadata"]!["uid"])
        {
            throw new Refusal(409, "Conflict", $"the UID in the precondition of {target} doesn't match");
        }
        if (version is not null && (string?)version != (string?)current["metadata"]!["resourceVersion"])
        {
            throw new Refusal(409, "Conflict", $"Operation cannot be fulfilled on {target}: the object has been modified");
        }
    }

    private static JsonObject Clean(JsonObject value)
    {
        foreach (var (key, child) in value["metadata"]!.AsObject().ToList())
        {
            if (child is null or JsonArray { Count: 0 })
            {
                value["metadata"]!.AsObject().Remove(key);
            }
        }
        if (value["status"] is null)
        {
            value.Remove("status");
        }
        return value;
    }

    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (key, value) in patch)
        {
            if (value is null)
            {
                target.Remove(key);
            }
            else if (value is JsonObject child && target[key] is JsonObject into)
            {
                Merge(into, child);
            }
            else
            {
                target[key] = value.DeepClone();
            }
        }
    }

    private string Now() => time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");

    private sealed class Refusal(int code, string reason, string message) : Exception(message)
    {
        public int Code { get; } = code;

        public string Reason { get; } = reason;
    }

    private sealed record Target(string Resource, string Namespace, string? Name, string? Subresource)
    {
        public static Target Parse(string path)
        {
            var parts = path.Split('?')[0].Split('/', StringSplitOptions.RemoveEmptyEntries);
            var (prefix, rest) = parts[0] == "api" ? ("", parts[2..]) : (parts[1] + "/", parts[3..]);
            var ns = "";
            if (rest is ["namespaces", _, not ("status" or "finalize"), ..])
            {
                (ns, rest) = (rest[1], rest[2..]);
            }
            return new Target(prefix + rest[0], ns, rest.ElementAtOrDefault(1), rest.ElementAtOrDefault(2));
        }
    }
}
