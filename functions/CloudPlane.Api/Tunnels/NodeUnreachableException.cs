namespace CloudPlane.Api;

/// <summary>A node, or the way to it, is not there. The message is for the user.</summary>
public sealed class NodeUnreachableException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>The node was asked and did not answer in time.</summary>
    public bool TimedOut { get; init; }

    internal static NodeUnreachableException NotConnected(string node) =>
        new($"node {GoText.Quote(node)} is not connected: its agent holds no connection to the control plane");

    internal static NodeUnreachableException Silent(string node, TimeSpan waited) =>
        new($"node {GoText.Quote(node)} did not answer within {waited.TotalSeconds:0} s") { TimedOut = true };
}
