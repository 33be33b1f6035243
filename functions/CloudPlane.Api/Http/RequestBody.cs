using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using CloudPlane.Schema;

namespace CloudPlane.Api;

/// <summary>Reads request bodies, within the limit that the API server sets.</summary>
internal static class RequestBody
{
    /// <summary>Bytes; the limit of kube-apiserver's MaxRequestBodyBytes.</summary>
    public const int Limit = 3 * 1024 * 1024;

    private const string Protobuf = "application/vnd.kubernetes.protobuf";
    private const string Accepted = "application/json, application/yaml, " + Protobuf;

    /// <summary>The whole body.</summary>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(ApiRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult read;
            try
            {
                read = await request.Body.ReadAsync(cancellationToken);
            }
            catch (Microsoft.AspNetCore.Http.BadHttpRequestException e) when (e.StatusCode == 413)
            {
                throw ApiErrors.TooLarge($"Request entity too large: limit is {Limit}");
            }
            catch (Microsoft.AspNetCore.Http.BadHttpRequestException e)
            {
                throw ApiErrors.BadRequest($"unable to read the request's body: {e.Message}");
            }

            if (read.Buffer.Length > Limit)
            {
                request.Body.AdvanceTo(read.Buffer.End);
                throw ApiErrors.TooLarge($"Request entity too large: limit is {Limit}");
            }

            if (read.IsCompleted || read.IsCanceled)
            {
                var whole = read.Buffer.ToArray();
                request.Body.AdvanceTo(read.Buffer.End);
                return whole;
            }

            request.Body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>
    /// The body as JSON: JSON as it is, YAML and protobuf (of a message of type <paramref name="schema"/>) converted, anything else refused
    /// with 415.
    /// </summary>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadJsonAsync(ApiRequest request, ObjectSchema schema, CancellationToken cancellationToken)
    {
        var type = MediaType(request.ContentType);
        if (type is not ("" or "application/json" or "application/yaml" or Protobuf))
        {
            throw ApiErrors.UnsupportedMediaType(
                $"the body of the request was in an unknown format - accepted media types include: {Accepted}");
        }

        var body = await ReadAsync(request, cancellationToken);
        return type switch
        {
            "application/yaml" => FromYaml(body.Span),
            Protobuf when !body.IsEmpty => FromProtobuf(schema, body.Span),
            _ => body,
        };
    }

    /// <summary>The media type in lower case, without parameters; "" when there is none.</summary>
    public static string MediaType(string? contentType)
    {
        var span = contentType.AsSpan();
        var end = span.IndexOf(';');
        return (end < 0 ? span : span[..end]).Trim().ToString().ToLowerInvariant();
    }

    /// <summary>The first 30 characters, or bytes in hexadecimal when it is no JSON: how Kubernetes shows a body that it can't read.</summary>
    public static string Summarize(ReadOnlySpan<byte> body)
    {
        const int length = 30;
        if (body.IsEmpty)
            return "<empty>";
        if (body[0] == '{')
            return body.Length > length ? Encoding.UTF8.GetString(body[..length]) + " ..." : Encoding.UTF8.GetString(body);
        return body.Length > length ? Convert.ToHexStringLower(body[..length]) + " ..." : Convert.ToHexStringLower(body);
    }

    private static byte[] FromProtobuf(ObjectSchema schema, ReadOnlySpan<byte> body)
    {
        try
        {
            return ProtobufToJson.Convert(schema, body);
        }
        catch (FormatException e)
        {
            throw ApiErrors.BadRequest(e.Message);
        }
    }

    private static byte[] FromYaml(ReadOnlySpan<byte> yaml)
    {
        try
        {
            return YamlToJson.Convert(yaml);
        }
        catch (FormatException e)
        {
            throw ApiErrors.BadRequest($"error converting YAML to JSON: {e.Message}");
        }
    }
}
