using System.Collections.Concurrent;

namespace CloudPlane.Agent;

/// <summary>Whose containers and sandboxes are whose, for events that name nothing but an id.</summary>
internal sealed class ContainerIndex
{
    private readonly ConcurrentDictionary<string, PodActor> _owners = new();

    public void Add(string id, PodActor owner) => _owners[id] = owner;

    public void Remove(string id) => _owners.TryRemove(id, out _);

    public PodActor? OwnerOf(string id) => _owners.TryGetValue(id, out var owner) ? owner : null;
}
