namespace CloudPlane.Doubles;

/// <summary>The instance that was to execute something has ended.</summary>
internal sealed class InstanceGoneException(string id, bool vanished) : Exception($"instance {id} is gone")
{
    /// <summary>Whether its machine is no more; otherwise the host stopped itself, and its listeners with it.</summary>
    public bool Vanished { get; } = vanished;
}
