namespace CloudPlane.Doubles;

/// <summary>The instance that was to execute something has ended.</summary>
internal sealed class InstanceGoneException(string id) : Exception($"instance {id} is gone");
