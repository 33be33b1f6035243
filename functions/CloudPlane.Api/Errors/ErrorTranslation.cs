using CloudPlane.Schema;
using CloudPlane.Storage;
using Microsoft.Extensions.Logging;

namespace CloudPlane.Api;

/// <summary>The one place where an exception becomes a Status.</summary>
internal static partial class ErrorTranslation
{
    public static ApiStatusException From(Exception exception, ApiRequest request, ILogger logger)
    {
        switch (exception)
        {
            case ApiStatusException known:
                return known;
            case RevisionExpiredException expired:
                return ApiErrors.Expired($"too old resource version: {expired.Requested} ({expired.Compacted})");
            case RevisionInFutureException future:
                return ApiErrors.ResourceVersionTooLarge(future.Requested, future.Head);
            // Deleted a moment ago: this instance had not heard of it yet.
            case ClusterNotFoundException:
                return ApiErrors.UnknownPath();
            case StoreUnavailableException unavailable:
                LogUnavailable(logger, request.Method, request.Path, unavailable);
                return ApiErrors.ServiceUnavailable("the state store does not answer; the outcome of a write is unknown");
            case NodeUnreachableException { TimedOut: true } silent:
                return new ApiStatusException(504, "Timeout", silent.Message);
            case NodeUnreachableException unreachable:
                return ApiErrors.ServiceUnavailable(unreachable.Message);
            case PatchException patch:
                return patch.Code == 422
                    ? new ApiStatusException(422, "Invalid", patch.Message)
                    : ApiErrors.BadRequest(patch.Message);
            default:
                LogUnexpected(logger, request.Method, request.Path, exception);
                return ApiErrors.Internal();
        }
    }

    [LoggerMessage(1, LogLevel.Error, "{Method} {Path} failed unexpectedly")]
    private static partial void LogUnexpected(ILogger logger, string method, string path, Exception exception);

    [LoggerMessage(2, LogLevel.Warning, "{Method} {Path}: the store does not answer")]
    private static partial void LogUnavailable(ILogger logger, string method, string path, Exception exception);
}
