using System.Buffers;
using System.Text.Json;

namespace CloudPlane.Api;

/// <summary>metav1.Status as JSON.</summary>
internal static class StatusDocuments
{
    public static ReadOnlyMemory<byte> Failure(ApiStatusException failure) =>
        Write("Failure", failure.Code, failure.Reason, failure.Message, failure.Details, failure.Continue);

    /// <param name="details">Of what, or null.</param>
    /// <param name="code">201 for a binding or an eviction; 0 leaves it out, as a delete does.</param>
    public static ReadOnlyMemory<byte> Success(StatusDetails? details, int code = 0) => Write("Success", code, "", "", details, null);

    private static ReadOnlyMemory<byte> Write(string status, int code, string reason, string message, StatusDetails? details, string? next)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer, Documents.WriterOptions))
        {
            writer.WriteStartObject();
            writer.WriteString("kind"u8, "Status"u8);
            writer.WriteString("apiVersion"u8, "v1"u8);
            writer.WriteStartObject("metadata"u8);
            if (next is not null)
                writer.WriteString("continue"u8, next);
            writer.WriteEndObject();
            writer.WriteString("status"u8, status);
            WriteText(writer, "message", message);
            WriteText(writer, "reason", reason);
            if (details is not null)
                WriteDetails(writer, details);
            if (code != 0)
                writer.WriteNumber("code"u8, code);
            writer.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    private static void WriteDetails(Utf8JsonWriter writer, StatusDetails details)
    {
        writer.WriteStartObject("details"u8);
        WriteText(writer, "name", details.Name);
        WriteText(writer, "group", details.Group);
        WriteText(writer, "kind", details.Kind);
        WriteText(writer, "uid", details.Uid);
        if (details.Causes.Count > 0)
        {
            writer.WriteStartArray("causes"u8);
            foreach (var cause in details.Causes)
            {
                writer.WriteStartObject();
                WriteText(writer, "reason", cause.Reason);
                WriteText(writer, "message", cause.Message);
                WriteText(writer, "field", cause.Field);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        if (details.RetryAfterSeconds > 0)
            writer.WriteNumber("retryAfterSeconds"u8, details.RetryAfterSeconds);
        writer.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter writer, string name, string value)
    {
        if (value.Length > 0)
            writer.WriteString(name, value);
    }
}
