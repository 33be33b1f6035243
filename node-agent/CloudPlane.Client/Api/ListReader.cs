using System.Text.Json;

namespace CloudPlane.Client;

/// <summary>Reads a list's document.</summary>
internal static class ListReader
{
    public static ResourceList<T> Read<T>(ReadOnlySpan<byte> body) where T : class, IKubernetesObject<T>
    {
        var reader = new Utf8JsonReader(body);
        IReadOnlyList<T> items = [];
        ListMeta? metadata = null;
        FieldReader.Start(ref reader);
        while (FieldReader.Next(ref reader))
        {
            if (reader.ValueTextEquals("items"u8)) items = FieldReader.List<T>(ref reader) ?? [];
            else if (reader.ValueTextEquals("metadata"u8)) metadata = FieldReader.Object<ListMeta>(ref reader);
            else FieldReader.Skip(ref reader);
        }
        var next = metadata?.Continue;
        return new ResourceList<T>(items, metadata?.ResourceVersion ?? "", string.IsNullOrEmpty(next) ? null : next, metadata?.RemainingItemCount);
    }
}
