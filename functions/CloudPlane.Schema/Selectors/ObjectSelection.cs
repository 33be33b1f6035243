namespace CloudPlane.Schema;

/// <summary>Label and field selector together, matched against stored bytes without building a document.</summary>
public sealed class ObjectSelection(LabelSelector labels, FieldSelector fields)
{
    public bool IsEverything => labels.IsEverything && fields.IsEverything;

    /// <summary>Reads only what the selectors need from the object's UTF-8 JSON.</summary>
    public bool Matches(ReadOnlySpan<byte> document) => throw new NotImplementedException();
}
