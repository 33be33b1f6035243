namespace CloudPlane.Doubles;

/// <summary>A session is used by somebody who no longer holds it.</summary>
public sealed class SessionLockLostException(string sessionId) : Exception($"the lock of session {sessionId} has expired or was given back");
