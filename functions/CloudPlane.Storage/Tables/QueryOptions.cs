namespace CloudPlane.Storage;

/// <summary>What to ask of a query beside its range.</summary>
/// <param name="Top">Rows of a page, at most; 0 for as many as the service gives.</param>
/// <param name="Select">Only these columns.</param>
/// <param name="Condition">A further condition on the rows, which the service checks on each of the range.</param>
internal readonly record struct QueryOptions(int Top = 0, string? Select = null, string? Condition = null);
