namespace CloudPlane.Client;

/// <summary>A page of objects: what a list answers.</summary>
/// <param name="Items">The objects, ordered by namespace and name.</param>
/// <param name="ResourceVersion">What they are as of: a watch from here misses nothing.</param>
/// <param name="Continue">The token of the next page, or null after the last.</param>
/// <param name="RemainingItemCount">How many more follow, if the server says so.</param>
public sealed record ResourceList<T>(IReadOnlyList<T> Items, string ResourceVersion, string? Continue, long? RemainingItemCount);
