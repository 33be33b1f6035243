using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>Kubernetes' strategic merge patch, directives included ($patch, $retainKeys, $setElementOrder, $deleteFromPrimitiveList).</summary>
public static class StrategicMergePatch
{
    /// <summary>The patched document, a new one. Fields that the schema does not know merge like plain JSON; the decoder judges them.</summary>
    /// <exception cref="PatchException">Malformed patch or a list element without its merge key (400), or an unknown $patch (422).</exception>
    public static JsonObject Apply(ObjectSchema schema, JsonObject document, ReadOnlySpan<byte> patch)
    {
        var body = PatchBody.Parse(patch);
        var fields = body as JsonObject ?? throw PatchBody.Mismatch(body, PatchBody.GoMap);
        return StrategicMap.Merge((JsonObject)document.DeepClone(), fields, PatchShape.Of(schema));
    }
}
