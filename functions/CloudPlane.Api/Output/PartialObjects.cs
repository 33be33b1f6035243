using System.Text;

namespace CloudPlane.Api;

/// <summary>PartialObjectMetadata: an object's metadata alone.</summary>
internal static class PartialObjects
{
    public static ReadOnlyMemory<byte> Of(ReadOnlyMemory<byte> document, string version)
    {
        var metadata = Documents.Member(document, "metadata"u8);
        var head = Encoding.ASCII.GetBytes($"{{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/{version}\",\"metadata\":");
        var result = new byte[head.Length + metadata.Length + 1];
        head.CopyTo(result, 0);
        metadata.Span.CopyTo(result.AsSpan(head.Length));
        result[^1] = (byte)'}';
        return result;
    }
}
