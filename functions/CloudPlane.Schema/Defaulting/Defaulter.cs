using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>Sets what Kubernetes' API server sets when a field is absent: serverDefault, serverDefaultWhen, and the few defaults that only code can say.</summary>
public static class Defaulter
{
    public static void Default(ResourceType resource, JsonObject document) => throw new NotImplementedException();
}
