using System.Text.Json;

namespace CloudPlane.Client;

/// <summary>From an answer to a value, or to the exception that it means: the one translation point.</summary>
internal static class ApiAnswers
{
    // An error's body is a Status of a few hundred bytes; whatever is longer is not worth reading.
    private const int ErrorBodyLimit = 64 * 1024;

    public delegate T Parser<out T>(ReadOnlySpan<byte> body);

    public static T Parse<T>(ApiAnswer answer, Parser<T> parser)
    {
        ThrowIfRefused(answer);
        try
        {
            return parser(answer.Body.Span);
        }
        catch (JsonException e)
        {
            throw new ApiException(answer.StatusCode, "", $"the API server's answer can't be read: {e.Message}");
        }
    }

    public static void ThrowIfRefused(ApiAnswer answer)
    {
        if (answer.StatusCode is < 200 or > 299) throw Refusal(answer.StatusCode, answer.Body.Span);
    }

    public static ApiException Refusal(int statusCode, ReadOnlySpan<byte> body)
    {
        try
        {
            var status = ModelJson.Parse<Status>(body);
            return new ApiException(status.Code ?? statusCode, status.Reason ?? "", status.Message ?? $"the API server answered {statusCode}");
        }
        catch (JsonException)
        {
            return new ApiException(statusCode, "", $"the API server answered {statusCode} without a Status");
        }
    }

    public static async Task<byte[]> ReadErrorAsync(Stream body, CancellationToken cancellationToken)
    {
        var buffer = new byte[ErrorBodyLimit];
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return buffer[..length];
    }
}
