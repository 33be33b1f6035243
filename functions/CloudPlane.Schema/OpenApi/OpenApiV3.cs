using System.Text.Json;

namespace CloudPlane.Schema;

/// <summary>The OpenAPI 3.0 document of one group version.</summary>
internal sealed class OpenApiV3(Utf8JsonWriter json, SchemaWriter schemas)
{
    private static readonly string[] Produces = ["application/json", "application/yaml"];

    public void Write(IReadOnlyList<ApiPath> paths)
    {
        json.WriteString("openapi", "3.0.0");
        json.WriteStartObject("info");
        json.WriteString("title", "Kubernetes");
        json.WriteString("version", OpenApiDocuments.Version);
        json.WriteEndObject();
        json.WriteStartObject("paths");
        foreach (var path in paths)
            WritePath(path);
        json.WriteEndObject();
        json.WriteStartObject("components");
        schemas.WriteModels("schemas", OpenApiDocuments.ModelsOf(paths));
        json.WriteEndObject();
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
        json.WriteStrings("tags", [operation.Tag]);
        json.WriteString("description", operation.Description);
        json.WriteString("operationId", operation.Id);
        json.WriteStartArray("parameters");
        foreach (var parameter in operation.Query)
            WriteParameter(parameter.Name, "query", parameter.Type, parameter.Description);
        json.WriteEndArray();
        if (operation.Body is { } body)
            WriteBody(body, operation);
        WriteResponses(operation);
        json.WriteString("x-kubernetes-action", operation.Action);
        json.WriteStartObject("x-kubernetes-group-version-kind");
        SchemaWriter.WriteKind(json, operation.Kind);
        json.WriteEndObject();
    }

    private void WriteBody(string body, ApiOperation operation)
    {
        json.WriteStartObject("requestBody");
        WriteContent(operation.Consumes, body);
        if (operation.Action is not ("delete" or "deletecollection"))
            json.WriteBoolean("required", true);
        json.WriteEndObject();
    }

    private void WriteResponses(ApiOperation operation)
    {
        json.WriteStartObject("responses");
        foreach (var code in OpenApiDocuments.SuccessCodes(operation))
        {
            json.WriteStartObject(code.Status);
            json.WriteString("description", code.Text);
            WriteContent(operation.Response is null ? ["text/plain"] : Produces, operation.Response);
            json.WriteEndObject();
        }

        json.WriteStartObject("401");
        json.WriteString("description", "Unauthorized");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteContent(IEnumerable<string> mediaTypes, string? model)
    {
        json.WriteStartObject("content");
        foreach (var mediaType in mediaTypes)
        {
            json.WriteStartObject(mediaType);
            if (model is not null)
                schemas.WriteReference("schema", model);
            else
                WriteType("string");
            json.WriteEndObject();
        }

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
        WriteType(type);
        json.WriteEndObject();
    }

    private void WriteType(string type)
    {
        json.WriteStartObject("schema");
        json.WriteString("type", type);
        json.WriteEndObject();
    }
}
