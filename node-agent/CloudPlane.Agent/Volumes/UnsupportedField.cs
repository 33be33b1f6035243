using System.Text.Json;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>Finds what a union (a volume, a volume source) says that this agent has no code for, to refuse it by name.</summary>
internal static class UnsupportedField
{
    /// <summary>The name of the field that is set, or null when there is none besides "name".</summary>
    public static string? Of<T>(T value) where T : IModel<T>
    {
        using var document = JsonDocument.Parse(ModelJson.ToBytes(value));
        foreach (var property in document.RootElement.EnumerateObject())
            if (property.Name != "name") return property.Name;
        return null;
    }
}
