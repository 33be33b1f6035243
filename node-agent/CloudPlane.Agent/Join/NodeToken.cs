using System.Globalization;
using System.Text.Json;

namespace CloudPlane.Agent;

/// <summary>The node's own credential.</summary>
internal sealed record NodeToken(string Token, DateTimeOffset Expires)
{
    /// <summary>Null when the text is no token.</summary>
    public static NodeToken? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            return root.TryGetProperty("token", out var token) && token.GetString() is { Length: > 0 } text &&
                root.TryGetProperty("expirationTimestamp", out var expires) && expires.TryGetDateTimeOffset(out var at)
                    ? new NodeToken(text, at) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Readable by its owner only from its first byte on; a crash leaves the old or the new one.</summary>
    public void Save(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = path + ".new";
        File.Delete(temporary);
        using (var file = new FileStream(temporary,
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite
            }))
        using (var writer = new Utf8JsonWriter(file))
        {
            writer.WriteStartObject();
            writer.WriteString("token", Token);
            writer.WriteString("expirationTimestamp",
                Expires.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
            writer.WriteEndObject();
        }
        File.Move(temporary, path, overwrite: true);
    }

    public static NodeToken? Load(string path) => File.Exists(path) ? Parse(File.ReadAllBytes(path)) : null;

    /// <summary>Not into a log by accident.</summary>
    public override string ToString() => $"node token, expires {Expires:u}";
}
