namespace CloudPlane.Schema;

/// <summary>
/// A patch that can't be applied; <paramref name="code"/> is the HTTP status: 400 malformed, 413 too many operations, 422 does not apply to this object.
/// </summary>
public sealed class PatchException(int code, string message) : Exception(message)
{
    public int Code { get; } = code;

    internal static PatchException BadRequest(string message) => new(400, message);

    internal static PatchException Unprocessable(string message) => new(422, message);
}
