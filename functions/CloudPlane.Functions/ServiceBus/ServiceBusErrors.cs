using System.Globalization;
using System.Xml;
using System.Xml.Linq;
using Azure;

namespace CloudPlane.Functions;

/// <summary>One place that says what a status of Service Bus means.</summary>
internal static class ServiceBusErrors
{
    private const int MaxDetail = 400;

    /// <summary><paramref name="what"/> completes "could not ...", e.g. "send to queue work".</summary>
    public static ServiceBusException From(Response response, string what)
    {
        var detail = Detail(response);
        return new ServiceBusException(Kind(response.Status, detail),
            string.Create(CultureInfo.InvariantCulture, $"could not {what}: Service Bus answered {response.Status}{(detail.Length == 0 ? "" : $" ({detail})")}"));
    }

    private static ServiceBusErrorKind Kind(int status, string detail) => status switch
    {
        401 => ServiceBusErrorKind.Unauthorized,
        // One status for a full queue and for a message that is too large, which we check ourselves and only meet when the limit is
        // another.
        403 => detail.Contains("size", StringComparison.OrdinalIgnoreCase) && !detail.Contains("quota", StringComparison.OrdinalIgnoreCase)
            ? ServiceBusErrorKind.TooLarge
            : ServiceBusErrorKind.QuotaExceeded,
        // Documented is 410, for queues that never were there is 404 as well.
        404 or 410 => ServiceBusErrorKind.NotFound,
        409 => ServiceBusErrorKind.AlreadyExists,
        413 => ServiceBusErrorKind.TooLarge,
        429 => ServiceBusErrorKind.Throttled,
        // 503 is how the service says that it is too busy.
        503 => ServiceBusErrorKind.Throttled,
        408 or >= 500 => ServiceBusErrorKind.Unavailable,
        _ => ServiceBusErrorKind.Invalid,
    };

    private static string Detail(Response response)
    {
        if (response.ContentStream is null)
            return "";
        try
        {
            using var reader = XmlReader.Create(response.Content.ToStream(), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null });
            var detail = XElement.Load(reader).Elements().FirstOrDefault(element => element.Name.LocalName == "Detail")?.Value ?? "";
            // Nothing that repeats a credential gets into an error.
            if (detail.Contains("sig=", StringComparison.OrdinalIgnoreCase))
                return "";
            return detail.Length > MaxDetail ? detail[..MaxDetail] : detail;
        }
        catch (XmlException)
        {
            return "";
        }
    }
}
