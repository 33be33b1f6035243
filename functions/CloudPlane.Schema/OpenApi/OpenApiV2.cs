using System.Text.Json;

namespace CloudPlane.Schema;

/// <summary>The OpenAPI 2.0 (Swagger) document of all group versions.</summary>
internal sealed class OpenApiV2(Utf8JsonWriter json, SchemaWriter schemas)
{
    public void Write(IReadOnlyList<ApiPath> paths)
    {
        json.WriteString("swagger", "2.0");
        json.WriteStartObject("info");
        json.WriteString("title", "Kubernetes");
        json.WriteString("version", OpenApiDocuments.Version);
        json.WriteEndObject();
        json.WriteStartObject("paths");
        foreach (var path in paths)
            WritePath(path);
        json.WriteEndObject();
        schemas.WriteModels("definitions", OpenApiDocuments.ModelsOf(paths));
    }

    private void WritePath(ApiPath path)
    {
        json.WriteStartObject(path.Path);
        foreach (var operation in path.Operations)
        {
            json.WriteStartObject(operation.Method);
            WriteOperation(operation);
            json.WriteEndObject();
        }

        if (path.Parameters.Count > 0)
        {
            json.WriteStartArray("parameters");
            foreach (var name in path.Parameters)
                WriteParameter(name, "path", "string", name == "name" ? "The object's name." : "The object's namespace.");
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private void WriteOperation(ApiOperation operation)
    {
        json.WriteString("description", operation.Description);
        json.WriteStrings("consumes", operation.Consumes.DefaultIfEmpty("*/*"));
        json.WriteStrings("produces", operation.Response is null ? ["text/plain"] : ["application/json", "application/yaml"]);
        json.WriteStrings("schemes", ["https"]);
        json.WriteStrings("tags", [operation.Tag]);
        json.WriteString("operationId", operation.Id);
        json.WriteStartArray("parameters");
        if (operation.Body is { } body)
            WriteBody(body, operation);
        foreach (var parameter in operation.Query)
            WriteParameter(parameter.Name, "query", parameter.Type, parameter.Description);
        json.WriteEndArray();
        WriteResponses(operation);
        json.WriteString("x-kubernetes-action", operation.Action);
        json.WriteStartObject("x-kubernetes-group-version-kind");
        SchemaWriter.WriteKind(json, operation.Kind);
        json.WriteEndObject();
    }

    private void WriteBody(string body, ApiOperation operation)
    {
        json.WriteStartObject();
        json.WriteString("name", "body");
        json.WriteString("in", "body");
        if (operation.Action is not ("delete" or "deletecollection"))
            json.WriteBoolean("required", true);
        schemas.WriteReference("schema", body);
        json.WriteEndObject();
    }

    private void WriteResponses(ApiOperation operation)
    {
        json.WriteStartObject("responses");
        foreach (var code in OpenApiDocuments.SuccessCodes(operation))
        {
            json.WriteStartObject(code.Status);
            json.WriteString("description", code.Text);
            if (operation.Response is { } model)
                schemas.WriteReference("schema", model);
            json.WriteEndObject();
        }

        json.WriteStartObject("401");
        json.WriteString("description", "Unauthorized");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteParameter(string name, string place, string type, string description)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("in", place);
        if (description.Length > 0)
            json.WriteString("description", description);
        if (place == "path")
            json.WriteBoolean("required", true);
        json.WriteString("type", type);
        json.WriteEndObject();
    }
}
