using System.Text.Json;

namespace CloudPlane.Client;

/// <summary>A typed part of the API: an immutable record that reads and writes its JSON. Fields without a property survive a round trip.</summary>
public interface IModel<TSelf> where TSelf : IModel<TSelf>
{
    /// <summary>Reads one value; the reader stands on its StartObject.</summary>
    /// <exception cref="JsonException">A field has the wrong type; the message says which and where.</exception>
    static abstract TSelf Read(ref Utf8JsonReader reader);

    /// <summary>Writes it as a JSON object (with apiVersion and kind if it is a kind).</summary>
    void Write(Utf8JsonWriter writer);
}
