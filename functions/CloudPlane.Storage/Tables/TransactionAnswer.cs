using System.Globalization;
using System.Text;

namespace CloudPlane.Storage;

/// <summary>How a transaction ended.</summary>
/// <param name="Code">The service's code of the error; null when it was committed.</param>
/// <param name="FailedOperation">Which operation, from 0, was refused; -1 where the answer doesn't say.</param>
/// <param name="ETags">When committed: the new ETag of each operation's row, null for a deletion.</param>
/// <param name="Repeated">Whether an earlier try may have been applied; an error may then be its effect.</param>
internal sealed record TransactionAnswer(string? Code, int FailedOperation, IReadOnlyList<string?> ETags, bool Repeated)
{
    /// <summary>The answer was lost, but the transaction is in the table.</summary>
    public static TransactionAnswer CommittedUnseen { get; } = new(null, -1, [], true);

    public bool IsCommitted => Code is null;

    public bool IsTableNotFound => Code == "TableNotFound";

    /// <summary>A row was not as expected: it exists, or doesn't, or has changed.</summary>
    public bool IsPreconditionFailed =>
        Code is "EntityAlreadyExists" or "UpdateConditionNotSatisfied" or "ConditionNotMet" or "ResourceNotFound" or "EntityNotFound" or "EntityDoesNotExist";

    public bool IsTooLarge => Code is "EntityTooLarge" or "RequestBodyTooLarge" or "PropertyValueTooLarge";

    /// <summary>
    /// Reads the body of a 202. Its parts' own status decides: when one of them is an error, nothing was committed.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It isn't such a body.</exception>
    public static TransactionAnswer Parse(ReadOnlyMemory<byte> body, int operations, bool repeated)
    {
        var text = Encoding.UTF8.GetString(body.Span);
        var etags = new List<string?>(operations);
        for (var at = NextPart(text, 0); at >= 0; at = NextPart(text, at))
        {
            var headers = Headers(text, at);
            if (!int.TryParse(headers.Split(' ', 3)[1], NumberStyles.None, CultureInfo.InvariantCulture, out var status))
                throw Unreadable();
            if (status >= 300)
                return Failure(text[at..], status, repeated);
            etags.Add(Header(headers, "ETag: "));
            at += headers.Length;
        }
        return etags.Count == operations ? new(null, -1, etags, repeated) : throw Unreadable();
    }

    private static TransactionAnswer Failure(string part, int status, bool repeated)
    {
        var brace = part.IndexOf('{');
        var (code, message) = brace < 0 ? default : ServiceError.Parse(Encoding.UTF8.GetBytes(part[brace..]));
        var colon = message?.IndexOf(':') ?? -1;
        var index = colon > 0 && int.TryParse(message.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var i) ? i : -1;
        return new(code ?? $"HTTP {status}", index, [], repeated);
    }

    private static int NextPart(string text, int from) => text.IndexOf("HTTP/1.1 ", from, StringComparison.Ordinal);

    private static string Headers(string text, int start)
    {
        var end = text.IndexOf("\r\n\r\n", start, StringComparison.Ordinal);
        return end < 0 ? text[start..] : text[start..end];
    }

    private static string? Header(string headers, string name)
    {
        var start = headers.IndexOf($"\n{name}", StringComparison.OrdinalIgnoreCase);
        if (start < 0)
            return null;
        start += name.Length + 1;
        var end = headers.IndexOf('\r', start);
        return end < 0 ? headers[start..] : headers[start..end];
    }

    private static StoreUnavailableException Unreadable() => new("the table service's answer to a transaction can't be read; the outcome is unknown");
}
