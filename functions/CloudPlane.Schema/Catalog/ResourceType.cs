namespace CloudPlane.Schema;

/// <summary>One served resource: what discovery says of it, and the schema of its objects.</summary>
public sealed record ResourceType(Func<ObjectSchema> MaterializeSchema)
{
    /// <summary>"" for core.</summary>
    public required string Group { get; init; }
    public required string Version { get; init; }
    public required string Kind { get; init; }
    /// <summary>"" when it can't be listed.</summary>
    public required string ListKind { get; init; }
    public required string Plural { get; init; }
    public required string Singular { get; init; }
    public required IReadOnlyList<string> ShortNames { get; init; }
    public required IReadOnlyList<string> Categories { get; init; }
    public required bool Namespaced { get; init; }
    public required IReadOnlyList<string> Verbs { get; init; }
    public required IReadOnlyList<Subresource> Subresources { get; init; }
    public required IReadOnlyList<TableColumn> Columns { get; init; }
    /// <summary>The type of its objects, materialized on first use.</summary>
    public ObjectSchema Schema => MaterializeSchema();

    /// <summary>"v1" or "apps/v1": what apiVersion says.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>The partition's resource name: "pods" or "apps/deployments".</summary>
    public string StorageName => Group.Length == 0 ? Plural : $"{Group}/{Plural}";

    /// <summary>The subresource of that name, or null.</summary>
    public Subresource? FindSubresource(string name) => Subresources.FirstOrDefault(s => s.Name == name);
}

/// <summary>A subresource as discovery shows it; <paramref name="Group"/>, <paramref name="Version"/> and <paramref name="Kind"/> are of the object it takes.</summary>
public sealed record Subresource(string Name, string Group, string Version, string Kind, IReadOnlyList<string> Verbs)
{
    /// <summary>Table columns of the subresource's own kind; empty when it has the parent's.</summary>
    public IReadOnlyList<TableColumn> Columns { get; init; } = [];
}

/// <summary>A table column; priority 0 is always shown, 1 only with -o wide.</summary>
public sealed record TableColumn(string Name, string Type, string Format, string Description, int Priority);
