namespace CloudPlane.Storage;

/// <summary>An object's key inside its partition. <paramref name="Namespace"/> is "" for cluster-scoped resources.</summary>
public readonly record struct ObjectKey(string Namespace, string Name) : IComparable<ObjectKey>
{
    /// <summary>Order by namespace, then name, each by code points (the order of their UTF-8 bytes, as in etcd).</summary>
    public int CompareTo(ObjectKey other)
    {
        var byNamespace = Compare(Namespace, other.Namespace);
        return byNamespace != 0 ? byNamespace : Compare(Name, other.Name);
    }

    /// <inheritdoc/>
    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";

    private static int Compare(string left, string right)
    {
        var common = left.AsSpan().CommonPrefixLength(right);
        if (common == left.Length || common == right.Length)
            return left.Length.CompareTo(right.Length);
        var (a, b) = (left[common], right[common]);
        // UTF-16 sorts surrogates (code points from U+10000 on) before U+E000..U+FFFF; UTF-8 doesn't.
        return char.IsSurrogate(a) == char.IsSurrogate(b) ? a.CompareTo(b) : char.IsSurrogate(a).CompareTo(char.IsSurrogate(b));
    }
}
