namespace CloudPlane.Doubles;

/// <summary>The bus refuses, with the status that Service Bus answers over HTTP.</summary>
public sealed class BusException(int status, string detail) : Exception(detail)
{
    public int Status { get; } = status;
}
