namespace CloudPlane.Storage;

/// <summary>A page of a query's rows, in the order of their keys.</summary>
internal sealed record RowPage(List<Row> Rows, bool IsLast);
