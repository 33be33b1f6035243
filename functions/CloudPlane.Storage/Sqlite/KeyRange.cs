namespace CloudPlane.Storage;

/// <summary>Encoded keys greater than <paramref name="Low"/> and, if there is one, less than <paramref name="High"/>.</summary>
internal readonly record struct KeyRange(byte[] Low, byte[]? High)
{
    public static KeyRange Of(ListQuery query)
    {
        var low = query.After is { } after ? KeyCodec.Encode(after) : [];
        if (query.Namespace is not { } ns)
            return new(low, null);
        if (!KeyCodec.IsNamespace(ns))
            return new([1], [1]);
        var first = KeyCodec.LowerBound(ns);
        return new(low.AsSpan().SequenceCompareTo(first) > 0 ? low : first, KeyCodec.UpperBound(ns));
    }

    public bool Contains(ReadOnlySpan<byte> key) =>
        key.SequenceCompareTo(Low) > 0 && (High is null || key.SequenceCompareTo(High) < 0);

    public KeyRange From(byte[] low) => new(low, High);

    /// <summary>Binds the bounds at two consecutive parameters.</summary>
    public void Bind(SqliteStatement statement, int index)
    {
        statement.BindText(index, Low);
        // In SQLite's order every blob is greater than any text: https://sqlite.org/datatype3.html#comparison_expressions
        if (High is null)
            statement.BindBlob(index + 1, [0]);
        else
            statement.BindText(index + 1, High);
    }
}
