using System.Buffers;
using System.IO.Compression;
using System.Text.Json;

namespace CloudPlane.Api;

/// <summary>Writes whole answers: status, headers, body.</summary>
internal sealed class Responder(TimeProvider time)
{
    /// <summary>Bytes; kube-apiserver compresses answers from this size on.</summary>
    public const int GzipThreshold = 128 * 1024;

    // Enough for the transport to work on while the next part is copied, little enough that a slow client holds little memory.
    private const int FlushSize = 256 * 1024;

    /// <summary>One object, in the form that the caller asked for.</summary>
    public ValueTask ObjectAsync(Operation operation, ReadOnlyMemory<byte> document, int status = 200)
    {
        var form = OutputForm.Negotiate(operation.Request.Accept);
        var body = form.Shape switch
        {
            OutputShape.Table => Table(operation, form).Write([document], ItemMetadata(document)),
            OutputShape.PartialObject => PartialObjects.Of(document, form.Version),
            _ => document,
        };
        return BytesAsync(operation, body, form.ContentType, status);
    }

    /// <summary>A table writer for the caller's wishes.</summary>
    public TableWriter Table(Operation operation, OutputForm form) =>
        new(operation.Resource, operation.Subresource, form, operation.Query.Text("includeObject"), time);

    /// <summary>JSON that is ready.</summary>
    public static ValueTask BytesAsync(Operation operation, ReadOnlyMemory<byte> body, string contentType = "application/json", int status = 200)
    {
        AddWarnings(operation);
        return BytesAsync(operation.Request, operation.Response, operation.Query, body, contentType, status, operation.Aborted);
    }

    /// <summary>Status and headers of an answer whose body follows in pieces.</summary>
    public static void Begin(Operation operation, string contentType)
    {
        AddWarnings(operation);
        operation.Response.StatusCode = 200;
        operation.Response.ContentType = contentType;
        operation.Response.AddHeader("Cache-Control", "no-cache, private");
    }

    /// <summary>The headers of a compressed body.</summary>
    public static void BeginGzip(ApiResponse response)
    {
        response.AddHeader("Content-Encoding", "gzip");
        response.AddHeader("Vary", "Accept-Encoding");
    }

    /// <summary>A body that is ready.</summary>
    public static async ValueTask BytesAsync(
        ApiRequest request, ApiResponse response, QueryParameters query, ReadOnlyMemory<byte> body, string contentType, int status, CancellationToken cancellationToken)
    {
        if (query.Flag("pretty") && contentType.StartsWith("application/json", StringComparison.Ordinal))
            body = Pretty(body);
        response.StatusCode = status;
        response.ContentType = contentType;
        response.AddHeader("Cache-Control", "no-cache, private");
        if (request.Method == "HEAD")
        {
            // Not even written and discarded: over HTTP/2 Kestrel resets the stream then, and the client takes that for a failure.
            response.ContentLength = body.Length;
            return;
        }

        if (request.AcceptsGzip && body.Length >= GzipThreshold)
        {
            BeginGzip(response);
            await WriteGzipAsync(response, [body], cancellationToken);
            return;
        }

        response.ContentLength = body.Length;
        await WritePartsAsync(response, [body], cancellationToken);
    }

    /// <summary>A list of raw parts, joined; nothing is copied but into the transport.</summary>
    public static async ValueTask PartsAsync(Operation operation, IReadOnlyList<ReadOnlyMemory<byte>> parts)
    {
        var length = parts.Sum(p => (long)p.Length);
        if (operation.Query.Flag("pretty"))
        {
            await BytesAsync(operation, Join(parts, (int)length));
            return;
        }

        var response = operation.Response;
        Begin(operation, "application/json");
        if (operation.Request.AcceptsGzip && length >= GzipThreshold)
        {
            BeginGzip(response);
            await WriteGzipAsync(response, parts, operation.Aborted);
            return;
        }

        response.ContentLength = length;
        await WritePartsAsync(response, parts, operation.Aborted);
    }

    private static async ValueTask WritePartsAsync(ApiResponse response, IReadOnlyList<ReadOnlyMemory<byte>> parts, CancellationToken cancellationToken)
    {
        var unflushed = 0;
        foreach (var part in parts)
        {
            response.Body.Write(part.Span);
            unflushed += part.Length;
            if (unflushed < FlushSize)
                continue;
            await response.Body.FlushAsync(cancellationToken);
            unflushed = 0;
        }

        await response.Body.FlushAsync(cancellationToken);
    }

    private static async ValueTask WriteGzipAsync(ApiResponse response, IReadOnlyList<ReadOnlyMemory<byte>> parts, CancellationToken cancellationToken)
    {
        await using var gzip = new GZipStream(response.Body.AsStream(leaveOpen: true), CompressionLevel.Fastest);
        foreach (var part in parts)
            await gzip.WriteAsync(part, cancellationToken);
    }

    private static void AddWarnings(Operation operation)
    {
        foreach (var warning in operation.Warnings)
            operation.Response.AddHeader("Warning", WarningHeader(warning));
    }

    private static byte[] Join(IReadOnlyList<ReadOnlyMemory<byte>> parts, int length)
    {
        var whole = new byte[length];
        var offset = 0;
        foreach (var part in parts)
        {
            part.Span.CopyTo(whole.AsSpan(offset));
            offset += part.Length;
        }

        return whole;
    }

    private static byte[] Pretty(ReadOnlyMemory<byte> body)
    {
        var buffer = new ArrayBufferWriter<byte>(body.Length * 2);
        using var document = JsonDocument.Parse(body);
        using var writer = new Utf8JsonWriter(buffer, Documents.WriterOptions with { Indented = true });
        document.WriteTo(writer);
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>A table of one object carries that object's revision.</summary>
    private static byte[] ItemMetadata(ReadOnlyMemory<byte> document)
    {
        var revision = Documents.Member(Documents.Member(document, "metadata"u8), "resourceVersion"u8);
        return revision.IsEmpty ? "{}"u8.ToArray() : [.. "{\"resourceVersion\":"u8, .. revision.Span, (byte)'}'];
    }

    /// <summary>RFC 7234 section 5.5 with code 299, as k8s.io/apimachinery/pkg/util/net.NewWarningHeader writes it.</summary>
    private static string WarningHeader(string text)
    {
        var clean = new string([.. text.Where(c => c is >= ' ' and < '\x7f')]);
        return $"299 - \"{clean.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
    }
}
