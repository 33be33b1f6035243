using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>The catalog's JSON to schemas; shared/reference/README.md says what each key means.</summary>
internal static class CatalogReader
{
    public static ObjectSchema ReadType(string name, ReadOnlyMemory<byte> json, Catalog catalog)
    {
        using var document = JsonDocument.Parse(json);
        var type = document.RootElement;
        var fields = new Dictionary<string, FieldSchema>(StringComparer.Ordinal);
        foreach (var field in type.GetProperty("fields").EnumerateObject())
            fields.Add(field.Name, ReadField(field.Value, catalog));
        return new ObjectSchema
        {
            Name = name,
            Fields = fields,
            Required = Strings(type, "required"),
            Atomic = Text(type, "mapType") == "atomic",
            GroupVersionKinds = Items(type, "gvk", g => new GroupVersionKind(Text(g, "group")!, Text(g, "version")!, Text(g, "kind")!)),
            Unions = Items(type, "unions", u => new Union(Text(u, "discriminator"), Strings(u, "fields"))),
        };
    }

    public static IReadOnlyList<ResourceType> ReadResources(ReadOnlyMemory<byte> json, Catalog catalog)
    {
        using var document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(r => ReadResource(r, catalog))];
    }

    private static ResourceType ReadResource(JsonElement r, Catalog catalog)
    {
        var type = Text(r, "type")!;
        return new ResourceType(() => catalog.Type(type))
        {
            Group = Text(r, "group")!,
            Version = Text(r, "version")!,
            Kind = Text(r, "kind")!,
            ListKind = Text(r, "listKind")!,
            Plural = Text(r, "plural")!,
            Singular = Text(r, "singular")!,
            ShortNames = Strings(r, "shortNames"),
            Categories = Strings(r, "categories"),
            Namespaced = r.GetProperty("namespaced").GetBoolean(),
            Verbs = Strings(r, "verbs"),
            Subresources = Items(r, "subresources", ReadSubresource),
            Columns = Items(r, "columns", ReadColumn),
        };
    }

    private static Subresource ReadSubresource(JsonElement s) =>
        new(Text(s, "name")!, Text(s, "group")!, Text(s, "version")!, Text(s, "kind")!, Strings(s, "verbs"))
        {
            Columns = Items(s, "columns", ReadColumn),
        };

    private static TableColumn ReadColumn(JsonElement c) =>
        new(Text(c, "name")!, Text(c, "type")!, Text(c, "format")!, ColumnDescriptions.Of(Text(c, "name")!), c.GetProperty("priority").GetInt32());

    private static FieldSchema ReadField(JsonElement field, Catalog catalog)
    {
        var reference = Text(field, "ref");
        return new FieldSchema
        {
            Kind = ReadKind(Text(field, "type")!),
            Format = Text(field, "format"),
            Items = field.TryGetProperty("items", out var items) ? ReadField(items, catalog) : null,
            Values = field.TryGetProperty("values", out var values) ? ReadField(values, catalog) : null,
            RefName = reference,
            Ref = reference is null ? null : Lazily(reference, catalog),
            Enum = Strings(field, "enum"),
            Default = Node(field, "default"),
            ServerDefault = Node(field, "serverDefault"),
            HasConditionalDefault = field.TryGetProperty("serverDefaultWhen", out _),
            ListType = Text(field, "listType"),
            ListMapKeys = Strings(field, "listMapKeys"),
            MapType = Text(field, "mapType"),
            PatchStrategy = Text(field, "patchStrategy"),
            PatchMergeKey = Text(field, "patchMergeKey"),
        };
    }

    // Two threads may both materialize it: they get the same instance from the catalog.
    private static Func<ObjectSchema> Lazily(string reference, Catalog catalog)
    {
        ObjectSchema? schema = null;
        return () => schema ??= catalog.Type(reference);
    }

    private static FieldKind ReadKind(string type) => type switch
    {
        "string" => FieldKind.String,
        "integer" => FieldKind.Integer,
        "number" => FieldKind.Number,
        "boolean" => FieldKind.Boolean,
        "object" => FieldKind.Object,
        "array" => FieldKind.Array,
        "map" => FieldKind.Map,
        "ref" => FieldKind.Ref,
        _ => throw new InvalidDataException($"the catalog has an unknown shape {type}"),
    };

    private static string? Text(JsonElement o, string name) => o.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static JsonNode? Node(JsonElement o, string name) => o.TryGetProperty(name, out var value) ? JsonNode.Parse(value.GetRawText()) : null;

    private static IReadOnlyList<string> Strings(JsonElement o, string name) => Items(o, name, e => e.GetString()!);

    private static IReadOnlyList<T> Items<T>(JsonElement o, string name, Func<JsonElement, T> read) =>
        o.TryGetProperty(name, out var array) && array.GetArrayLength() > 0 ? [.. array.EnumerateArray().Select(read)] : [];
}
