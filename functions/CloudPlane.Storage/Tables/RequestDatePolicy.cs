using System.Globalization;
using Azure.Core;
using Azure.Core.Pipeline;

namespace CloudPlane.Storage;

/// <summary>
/// Dates each try of a request, whichever way it is authorized
/// (https://learn.microsoft.com/rest/api/storageservices/query-entities#request-headers): the service refuses a date that is off by more than 15 minutes.
/// </summary>
internal sealed class RequestDatePolicy(TimeProvider time) : HttpPipelineSynchronousPolicy
{
    public const string Header = "x-ms-date";

    public override void OnSendingRequest(HttpMessage message) =>
        message.Request.Headers.SetValue(Header, time.GetUtcNow().ToString("r", CultureInfo.InvariantCulture));
}
