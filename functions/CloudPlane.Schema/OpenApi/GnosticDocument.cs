using System.Text.Json;

namespace CloudPlane.Schema;

/// <summary>
/// A Swagger 2.0 document as gnostic's openapi.v2.Document. Field numbers are those of gnostic's OpenAPIv2.proto;
/// only what <see cref="OpenApiV2"/> writes is translated. Extensions travel as YAML text, which JSON is.
/// </summary>
internal static class GnosticDocument
{
    public static byte[] Encode(byte[] swagger)
    {
        using var document = JsonDocument.Parse(swagger);
        var root = document.RootElement;
        return ProtoMessage.Write(m =>
        {
            m.Text(1, root.Text("swagger"));
            m.Message(2, info =>
            {
                info.Text(1, root.Text("info", "title"));
                info.Text(2, root.Text("info", "version"));
            });
            m.Message(8, paths =>
            {
                foreach (var path in root.Entries("paths"))
                    Named(paths, 2, path.Name, item => PathItem(item, path.Value));
            });
            m.Message(9, definitions => Schemas(definitions, root.At("definitions")));
        });
    }

    private static void PathItem(ProtoMessage item, JsonElement path)
    {
        foreach (var (field, method) in (ReadOnlySpan<(int, string)>)[(2, "get"), (3, "put"), (4, "post"), (5, "delete"), (8, "patch")])
        {
            if (path.Has(method))
                item.Message(field, operation => Operation(operation, path.At(method)));
        }

        foreach (var parameter in path.Items("parameters"))
            item.Message(9, p => Parameter(p, parameter));
    }

    private static void Operation(ProtoMessage message, JsonElement operation)
    {
        Texts(message, 1, operation, "tags");
        message.Text(3, operation.Text("description"));
        message.Text(5, operation.Text("operationId"));
        Texts(message, 6, operation, "produces");
        Texts(message, 7, operation, "consumes");
        foreach (var parameter in operation.Items("parameters"))
            message.Message(8, p => Parameter(p, parameter));
        message.Message(9, responses =>
        {
            foreach (var response in operation.Entries("responses"))
                Named(responses, 1, response.Name, value => value.Message(1, r => Response(r, response.Value)));
        });
        Texts(message, 10, operation, "schemes");
        Extensions(message, 13, operation);
    }

    private static void Response(ProtoMessage message, JsonElement response)
    {
        message.Text(1, response.Text("description"));
        if (response.Has("schema"))
            message.Message(2, item => item.Message(1, s => Schema(s, response.At("schema"))));
    }

    // ParametersItem.parameter, then the kind of parameter.
    private static void Parameter(ProtoMessage item, JsonElement parameter) => item.Message(1, p =>
    {
        switch (parameter.Text("in"))
        {
            case "body":
                p.Message(1, body => BodyParameter(body, parameter));
                break;
            case "query":
                p.Message(2, other => other.Message(3, query => PlainParameter(query, parameter, typeField: 6)));
                break;
            default:
                p.Message(2, other => other.Message(4, path => PlainParameter(path, parameter, typeField: 5)));
                break;
        }
    });

    private static void BodyParameter(ProtoMessage message, JsonElement parameter)
    {
        message.Text(2, parameter.Text("name"));
        message.Text(3, "body");
        message.Flag(4, parameter.IsTrue("required"));
        message.Message(5, s => Schema(s, parameter.At("schema")));
    }

    private static void PlainParameter(ProtoMessage message, JsonElement parameter, int typeField)
    {
        message.Flag(1, parameter.IsTrue("required"));
        message.Text(2, parameter.Text("in"));
        message.Text(3, parameter.Text("description"));
        message.Text(4, parameter.Text("name"));
        message.Text(typeField, parameter.Text("type"));
    }

    private static void Schema(ProtoMessage message, JsonElement schema)
    {
        message.Text(1, schema.Text("$ref"));
        message.Text(2, schema.Text("format"));
        message.Text(4, schema.Text("description"));
        if (schema.Has("default"))
            message.Message(5, any => any.Text(2, schema.At("default").GetRawText()));
        Texts(message, 19, schema, "required");
        foreach (var value in schema.Items("enum"))
            message.Message(20, any => any.Text(2, value.GetRawText()));
        if (schema.Has("additionalProperties"))
            message.Message(21, item => item.Message(1, s => Schema(s, schema.At("additionalProperties"))));
        if (schema.Has("type"))
            message.Message(22, type => type.Text(1, schema.Text("type")));
        if (schema.Has("items"))
            message.Message(23, item => item.Message(1, s => Schema(s, schema.At("items"))));
        if (schema.Has("properties"))
            message.Message(25, properties => Schemas(properties, schema.At("properties")));
        Extensions(message, 31, schema);
    }

    private static void Schemas(ProtoMessage message, JsonElement schemas)
    {
        foreach (var schema in schemas.Entries())
            Named(message, 1, schema.Name, s => Schema(s, schema.Value));
    }

    private static void Extensions(ProtoMessage message, int field, JsonElement element)
    {
        foreach (var extension in element.Entries().Where(e => e.Name.StartsWith("x-", StringComparison.Ordinal)))
            Named(message, field, extension.Name, any => any.Text(2, extension.Value.GetRawText()));
    }

    private static void Named(ProtoMessage message, int field, string name, Action<ProtoMessage> value) => message.Message(field, pair =>
    {
        pair.Text(1, name);
        pair.Message(2, value);
    });

    private static void Texts(ProtoMessage message, int field, JsonElement element, string name)
    {
        foreach (var text in element.Items(name))
            message.Text(field, text.Text());
    }
}
