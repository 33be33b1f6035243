namespace CloudPlane.Client;

/// <summary>An object's place in its resource. <paramref name="Namespace"/> is "" for cluster-scoped objects. Ordered as a LIST is.</summary>
public readonly record struct ObjectName(string Namespace, string Name) : IComparable<ObjectName>
{
    public static ObjectName Of(ObjectMeta metadata) => new(metadata.Namespace ?? "", metadata.Name ?? "");

    public int CompareTo(ObjectName other)
    {
        var byNamespace = string.CompareOrdinal(Namespace, other.Namespace);
        return byNamespace != 0 ? byNamespace : string.CompareOrdinal(Name, other.Name);
    }

    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}
