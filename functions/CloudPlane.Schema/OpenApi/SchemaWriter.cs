using System.Text.Json;

namespace CloudPlane.Schema;

/// <summary>Writes models as OpenAPI schemas: version 3 says allOf and oneOf where version 2 can't.</summary>
internal sealed class SchemaWriter(Utf8JsonWriter json, Catalog catalog, Descriptions descriptions, bool v3)
{
    private string Prefix => v3 ? "#/components/schemas/" : "#/definitions/";

    /// <summary>The property <paramref name="section"/> with every model that the given ones reach.</summary>
    public void WriteModels(string section, IEnumerable<string> models)
    {
        json.WriteStartObject(section);
        foreach (var model in OpenApiModels.Closure(catalog, models))
        {
            json.WriteStartObject(model);
            if (OpenApiModels.IsScalar(model))
                WriteScalar(model);
            else
                WriteStruct(catalog.Type(model));
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    public void WriteReference(string property, string model)
    {
        json.WriteStartObject(property);
        json.WriteString("$ref", Prefix + model);
        json.WriteEndObject();
    }

    private void WriteStruct(ObjectSchema type)
    {
        WriteDescription(descriptions.Of(type.ShortName));
        json.WriteString("type", "object");
        if (type.Required.Count > 0)
            json.WriteStrings("required", type.Required);
        if (type.Fields.Count > 0)
        {
            json.WriteStartObject("properties");
            foreach (var (name, field) in type.Fields.OrderBy(f => f.Key, StringComparer.Ordinal))
            {
                json.WriteStartObject(name);
                WriteDescription(descriptions.Of(type.ShortName, name));
                WriteField(field);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        if (type.Atomic)
            json.WriteString("x-kubernetes-map-type", "atomic");
        WriteKinds(type);
    }

    private void WriteKinds(ObjectSchema type)
    {
        if (type.GroupVersionKinds.Count == 0)
            return;
        json.WriteStartArray("x-kubernetes-group-version-kind");
        foreach (var kind in type.GroupVersionKinds)
        {
            json.WriteStartObject();
            WriteKind(json, kind);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static void WriteKind(Utf8JsonWriter json, GroupVersionKind kind)
    {
        json.WriteString("group", kind.Group);
        json.WriteString("kind", kind.Kind);
        json.WriteString("version", kind.Version);
    }

    private void WriteField(FieldSchema field)
    {
        if (OpenApiModels.Of(field) is { } model)
            WriteModelReference(model);
        else
            WriteShape(field);
        if (field.Default is not null)
        {
            json.WritePropertyName("default");
            field.Default.WriteTo(json);
        }

        WriteMarkers(field);
    }

    // Version 3.0 forbids anything beside $ref, so a described reference is wrapped.
    private void WriteModelReference(string model)
    {
        if (!v3)
        {
            json.WriteString("$ref", Prefix + model);
            return;
        }

        json.WriteStartArray("allOf");
        json.WriteStartObject();
        json.WriteString("$ref", Prefix + model);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private void WriteShape(FieldSchema field)
    {
        // Any JSON value: no type at all.
        if (field.Format == "json")
            return;
        json.WriteString("type", field.Kind switch
        {
            FieldKind.String => "string",
            FieldKind.Integer => "integer",
            FieldKind.Number => "number",
            FieldKind.Boolean => "boolean",
            FieldKind.Array => "array",
            _ => "object",
        });
        if (field.Format is { } format)
            json.WriteString("format", format);
        if (field.Enum.Count > 0)
            json.WriteStrings("enum", field.Enum);
        if (field.Items is not null)
            WriteInner("items", field.Items);
        if (field.Values is not null)
            WriteInner("additionalProperties", field.Values);
    }

    private void WriteInner(string property, FieldSchema field)
    {
        json.WriteStartObject(property);
        WriteField(field);
        json.WriteEndObject();
    }

    private void WriteMarkers(FieldSchema field)
    {
        if (field.ListMapKeys.Count > 0)
            json.WriteStrings("x-kubernetes-list-map-keys", field.ListMapKeys);
        if (field.ListType is not null)
            json.WriteString("x-kubernetes-list-type", field.ListType);
        if (field.MapType is not null)
            json.WriteString("x-kubernetes-map-type", field.MapType);
        if (field.PatchMergeKey is not null)
            json.WriteString("x-kubernetes-patch-merge-key", field.PatchMergeKey);
        if (field.PatchStrategy is not null)
            json.WriteString("x-kubernetes-patch-strategy", field.PatchStrategy);
    }

    private void WriteScalar(string model)
    {
        WriteDescription(descriptions.Of(model[(model.LastIndexOf('.') + 1)..]));
        switch (model)
        {
            case OpenApiModels.Time or OpenApiModels.MicroTime:
                json.WriteString("type", "string");
                json.WriteString("format", "date-time");
                break;
            case OpenApiModels.IntOrString:
                WriteAlternatives("integer", "string");
                json.WriteString("format", "int-or-string");
                break;
            case OpenApiModels.Quantity:
                WriteAlternatives("string", "number");
                break;
            default:
                json.WriteString("type", model == OpenApiModels.Duration ? "string" : "object");
                break;
        }
    }

    private void WriteAlternatives(string first, string second)
    {
        if (!v3)
        {
            json.WriteString("type", "string");
            return;
        }

        json.WriteStartArray("oneOf");
        foreach (var type in (string[])[first, second])
        {
            json.WriteStartObject();
            json.WriteString("type", type);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteDescription(string? text)
    {
        if (text is not null)
            json.WriteString("description", text);
    }
}
