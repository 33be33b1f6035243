namespace CloudPlane.Network;

/// <summary>The node's network can't be made as wanted; the message says what failed and what the system said.</summary>
public sealed class NetworkException(string message, Exception? cause = null) : Exception(message, cause);
