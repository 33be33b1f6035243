using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>The document that JSON patch operations change in place; its errors are those of evanphx/json-patch, which API servers surface.</summary>
internal sealed class PatchTarget(JsonNode? root)
{
    // JSONPatchMaxCopyBytes of the API server: copies of copies must not blow up memory.
    private const long MaxCopiedBytes = 3 * 1024 * 1024;

    // Copies into copies could nest a document deeper than any recursion over it survives.
    private const int MaxDepth = 256;
    private long _copied;

    public JsonNode? Root { get; private set; } = root;

    public void Add(string path, JsonNode? value, string kind)
    {
        if (path.Length == 0)
        {
            Root = value;
            return;
        }

        var (container, key) = Container(path, kind == "add" ? "path" : "destination path", kind);
        if (JsonPointer.Split(path).Length + Depth(value) > MaxDepth)
            throw PatchException.Unprocessable($"error in {kind} for path: '{path}': the document would be nested deeper than {MaxDepth}");
        if (container is JsonArray array)
            array.Insert(key == "-" ? array.Count : Index(array, key, array.Count, path, "add"), value);
        else
            ((JsonObject)container)[key] = value;
    }

    public void Remove(string path, string kind)
    {
        var (container, key) = Container(path, kind == "remove" ? "path" : "from path", kind);
        if (container is JsonArray array)
            array.RemoveAt(Index(array, key, array.Count - 1, path, "remove"));
        else if (!((JsonObject)container).Remove(key))
            throw PatchException.Unprocessable($"error in remove for path: '{path}': Unable to remove nonexistent key: {key}: missing value");
    }

    public void Replace(string path, JsonNode? value)
    {
        if (path.Length == 0)
        {
            Root = value;
            return;
        }

        var (container, key) = Container(path, "path", "replace");
        if (!TryGet(container, key, out _))
            throw PatchException.Unprocessable($"replace operation does not apply: doc is missing key: {path}: missing value");
        if (container is JsonArray array)
            array[Index(array, key, array.Count - 1, path, "replace")] = value;
        else
            ((JsonObject)container)[key] = value;
    }

    public void Test(string path, JsonNode? expected)
    {
        var actual = Root;
        if (path.Length > 0)
        {
            var (container, key) = Container(path, "path", "test");
            // An absent field equals null here, as in the API server's library.
            actual = TryGet(container, key, out var found) ? found : null;
        }

        if (!JsonNode.DeepEquals(actual, expected))
            throw PatchException.Unprocessable($"testing path {path} failed: test failed");
    }

    public void Move(string from, string path)
    {
        var value = Read(from, "move")?.DeepClone();
        Remove(from, "move");
        Add(path, value, "move");
    }

    public void Copy(string from, string path)
    {
        var source = Read(from, "copy");
        _copied += source is null ? 4 : Encoding.UTF8.GetByteCount(source.ToJsonString());
        if (_copied > MaxCopiedBytes)
            throw PatchException.Unprocessable(
                $"Unable to complete the copy, the accumulated size increase of copy is {_copied}, exceeding the limit {MaxCopiedBytes}");
        Add(path, source?.DeepClone(), "copy");
    }

    private JsonNode? Read(string from, string kind)
    {
        if (from.Length == 0)
            return Root;
        var (container, key) = Container(from, "from path", kind);
        if (!TryGet(container, key, out var value))
            throw PatchException.Unprocessable($"error in {kind} for path: '{from}': unable to get nonexistent key: {key}: missing value");
        return value;
    }

    private (JsonNode Container, string Key) Container(string path, string what, string kind)
    {
        var tokens = JsonPointer.Split(path);
        var node = Root;
        for (var i = 0; node is not null && i < tokens.Length - 1; i++)
            node = TryGet(node, tokens[i], out var child) ? child : null;
        if (tokens.Length == 0 || node is not (JsonObject or JsonArray))
            throw PatchException.Unprocessable($"{kind} operation does not apply: doc is missing {what}: \"{path}\": missing value");
        return (node, tokens[^1]);
    }

    private static bool TryGet(JsonNode container, string key, out JsonNode? value)
    {
        value = null;
        if (container is JsonObject fields)
            return fields.TryGetPropertyValue(key, out value);
        if (container is not JsonArray array || !TryParse(key, out var index))
            return false;
        if (index < 0)
            index += array.Count;
        if (index < 0 || index >= array.Count)
            return false;
        value = array[index];
        return true;
    }

    private static int Index(JsonArray array, string key, int max, string path, string step)
    {
        if (!TryParse(key, out var index))
            throw PatchException.Unprocessable($"error in {step} for path: '{path}': value was not a proper array index: '{key}'");
        var actual = index < 0 ? index + max + 1 : index;
        if (actual < 0 || actual > max)
            throw PatchException.Unprocessable($"error in {step} for path: '{path}': Unable to access invalid index: {index}: invalid index referenced");
        return actual;
    }

    private static int Depth(JsonNode? value) => value switch
    {
        JsonObject fields => 1 + fields.Select(f => Depth(f.Value)).DefaultIfEmpty().Max(),
        JsonArray items => 1 + items.Select(Depth).DefaultIfEmpty().Max(),
        _ => 0,
    };

    private static bool TryParse(string key, out int index) => int.TryParse(key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out index);
}
