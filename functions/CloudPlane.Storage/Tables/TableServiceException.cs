namespace CloudPlane.Storage;

/// <summary>The service refused a request for good: what it says is the caller's fault.</summary>
internal sealed class TableServiceException(int status, string code) : Exception($"the table service answered {status} {code}")
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    public bool IsTableNotFound => Code == "TableNotFound";
}
