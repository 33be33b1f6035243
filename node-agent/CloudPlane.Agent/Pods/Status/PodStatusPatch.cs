using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>The strategic merge patch from what the API has to what is true: changed fields whole, changed conditions one by one.</summary>
internal static class PodStatusPatch
{
    /// <summary>Null when nothing differs. The uid makes sure that it never meets another pod of the same name.</summary>
    public static ReadOnlyMemory<byte>? Create(string uid, PodStatus? known, PodStatus wanted)
    {
        var before = Document(known);
        var changes = new JsonObject();
        var after = Document(wanted);
        foreach (var (name, value) in after)
        {
            var old = before[name];
            if (name == "conditions") AddConditions(changes, old as JsonArray, (JsonArray)value!);
            else if (!JsonNode.DeepEquals(old, value))
            {
                // podIPs and hostIPs merge by address: without this an old address would stay.
                if (name is "podIPs" or "hostIPs" && old is JsonArray)
                    changes[name] = new JsonArray(
                        [.. ((JsonArray)value!).Select(v => v!.DeepClone()), new JsonObject { ["$patch"] = "replace" }]);
                else changes[name] = value!.DeepClone();
            }
        }
        foreach (var name in (ReadOnlySpan<string>)["reason", "message", "podIP", "podIPs"])
            if (before.ContainsKey(name) && !after.ContainsKey(name)) changes[name] = null;
        if (changes.Count == 0) return null;
        return Bytes(new JsonObject { ["metadata"] = new JsonObject { ["uid"] = uid }, ["status"] = changes });
    }

    private static void AddConditions(JsonObject changes, JsonArray? before, JsonArray after)
    {
        var changed = new JsonArray();
        foreach (var condition in after)
        {
            var old = before?.FirstOrDefault(c => (string?)c?["type"] == (string?)condition?["type"]);
            if (!Same(old, condition)) changed.Add((JsonNode)Complete(old as JsonObject, (JsonObject)condition!));
        }
        if (changed.Count > 0) changes["conditions"] = changed;
    }

    /// <summary>A merge keeps what it does not name: fields that are gone are set to null.</summary>
    private static JsonObject Complete(JsonObject? old, JsonObject condition)
    {
        var complete = (JsonObject)condition.DeepClone();
        foreach (var name in (ReadOnlySpan<string>)["reason", "message"])
            if (old?.ContainsKey(name) == true && !complete.ContainsKey(name)) complete[name] = null;
        return complete;
    }

    /// <summary>lastProbeTime is nobody's business; a null is as good as nothing.</summary>
    private static bool Same(JsonNode? old, JsonNode? condition)
    {
        if (old is not JsonObject before || condition is not JsonObject after) return false;
        foreach (var name in (ReadOnlySpan<string>)["status", "reason", "message", "lastTransitionTime", "observedGeneration"])
            if (!JsonNode.DeepEquals(before[name], after[name])) return false;
        return true;
    }

    private static JsonObject Document(PodStatus? status) =>
        status is null ? [] : JsonNode.Parse(ModelJson.ToBytes(status).Span) as JsonObject ?? [];

    private static byte[] Bytes(JsonObject document)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer)) document.WriteTo(writer);
        return buffer.WrittenSpan.ToArray();
    }
}
