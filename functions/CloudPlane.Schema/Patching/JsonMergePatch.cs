using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>RFC 7396.</summary>
public static class JsonMergePatch
{
    /// <summary>The patched document, a new one; null deletes a field, an object merges, anything else replaces.</summary>
    /// <exception cref="PatchException">The patch is not a JSON object.</exception>
    public static JsonObject Apply(JsonObject document, ReadOnlySpan<byte> patch)
    {
        var body = PatchBody.Parse(patch);
        var fields = body as JsonObject ?? throw PatchBody.Mismatch(body, PatchBody.GoMap);
        var result = (JsonObject)document.DeepClone();
        Merge(result, fields);
        return result;
    }

    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null)
                target.Remove(name);
            else if (value is JsonObject fields)
                Merge(Child(target, name), fields);
            else
                target[name] = value.DeepClone();
        }
    }

    // A patch object over something else starts from an empty object, so that its own nulls are dropped too.
    private static JsonObject Child(JsonObject target, string name)
    {
        if (target[name] is JsonObject existing)
            return existing;
        var child = new JsonObject();
        target[name] = child;
        return child;
    }
}
