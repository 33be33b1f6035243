namespace CloudPlane.Client;

/// <summary>Replaced by the generated record.</summary>
public sealed partial record ObjectMeta;
