using System.Globalization;
using System.Text;
using System.Xml.Linq;
using Microsoft.AspNetCore.Http;

namespace CloudPlane.Doubles;

/// <summary>An answer over HTTP.</summary>
internal sealed record Reply(int Status)
{
    public string? ContentType { get; init; }

    public ReadOnlyMemory<byte> Body { get; init; }

    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    public static Reply Error(int status, string detail, ServiceBusDouble bus)
    {
        var time = bus.Time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture);
        var error = new XElement("Error",
            new XElement("Code", status),
            new XElement("Detail", $"{detail} TrackingId:{bus.NewId()}, SystemTracker:NoSystemTracker, Timestamp:{time}"));
        return new Reply(status) { ContentType = "application/xml; charset=utf-8", Body = Encoding.UTF8.GetBytes(error.ToString(SaveOptions.DisableFormatting)) };
    }

    public async Task WriteAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        response.StatusCode = Status;
        foreach (var (name, value) in Headers)
            response.Headers[name] = value;
        if (Status == 204)
            return;
        response.ContentType = ContentType;
        response.ContentLength = Body.Length;
        await response.Body.WriteAsync(Body, cancellationToken);
    }
}
