namespace CloudPlane.Functions;

/// <summary>Service Bus refused or could not be reached. Messages of this type carry no credential.</summary>
internal sealed class ServiceBusException(ServiceBusErrorKind kind, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    public ServiceBusErrorKind Kind { get; } = kind;

    /// <summary>Whether the same request may succeed later.</summary>
    public bool IsTransient => Kind is ServiceBusErrorKind.Unavailable or ServiceBusErrorKind.Throttled;
}
