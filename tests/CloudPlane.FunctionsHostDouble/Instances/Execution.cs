namespace CloudPlane.Doubles;

/// <summary>One execution of a function on an instance; ends when disposed.</summary>
internal sealed class Execution(ScaleGroup group, HostInstance instance, Guid id) : IDisposable
{
    public HostInstance Instance { get; } = instance;

    public Guid Id { get; } = id;

    public void Dispose() => group.End(Instance);
}
