using System.Security.Cryptography;
using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;

namespace CloudPlane.Storage;

/// <summary>
/// Signs each try of a request with the account's key, as
/// https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key says for SharedKeyLite: after <see cref="RequestDatePolicy"/>,
/// whose date it signs.
/// </summary>
internal sealed class SharedKeyLitePolicy(TablesAccountKey key) : HttpPipelineSynchronousPolicy
{
    public override void OnSendingRequest(HttpMessage message)
    {
        var date = message.Request.Headers.TryGetValue(RequestDatePolicy.Header, out var header) ? header : "";
        // The path as on the wire: on an emulator it begins with the account, which then appears twice. Queries don't count.
        var path = message.Request.Uri.ToUri().AbsolutePath;
        var signature = HMACSHA256.HashData(key.Key, Encoding.UTF8.GetBytes($"{date}\n/{key.Account}{path}"));
        message.Request.Headers.SetValue("Authorization", $"SharedKeyLite {key.Account}:{Convert.ToBase64String(signature)}");
    }
}
