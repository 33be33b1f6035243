using System.Text.Json;
using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>
/// An object of kind <typeparamref name="T"/> of which only the metadata is kept: a replica of all Secrets shouldn't hold the secrets.
/// </summary>
internal sealed record MetadataOf<T> : IKubernetesObject<MetadataOf<T>> where T : class, IKubernetesObject<T>
{
    public static ResourceInfo Resource => T.Resource;

    public ObjectMeta Metadata { get; init; } = ObjectMeta.Empty;

    public static MetadataOf<T> Read(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.None)
        {
            reader.Read();
        }
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException($"an object of kind {T.Resource.Kind} is expected");
        }
        var metadata = ObjectMeta.Empty;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isMetadata = reader.ValueTextEquals("metadata"u8);
            reader.Read();
            if (isMetadata)
            {
                metadata = ObjectMeta.Read(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }
        return new MetadataOf<T> { Metadata = metadata };
    }

    public MetadataOf<T> WithMetadata(ObjectMeta metadata) => this with { Metadata = metadata };

    /// <summary>Writing it would erase the rest of the object.</summary>
    public void Write(Utf8JsonWriter writer) => throw new NotSupportedException($"only the metadata of this {T.Resource.Kind} is known");
}
