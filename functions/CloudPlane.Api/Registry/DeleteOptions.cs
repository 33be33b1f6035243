using System.Text.Json.Nodes;
using CloudPlane.Schema;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>metav1.DeleteOptions, from the body or else from the query.</summary>
/// <param name="GracePeriodSeconds">null takes the object's own.</param>
/// <param name="Propagation">"Foreground", "Orphan", "Background", or "" for the default.</param>
internal sealed record DeleteOptions(long? GracePeriodSeconds, string Propagation, string Uid, string ResourceVersion, bool DryRun)
{
    public static async ValueTask<DeleteOptions> ReadAsync(Operation operation, Catalog catalog)
    {
        var schema = catalog.Type("io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions");
        var body = await RequestBody.ReadJsonAsync(operation.Request, schema, operation.Aborted);
        return body.IsEmpty ? FromQuery(operation.Query) : FromDocument(Decode(schema, body));
    }

    /// <summary>The options inside another document, an Eviction's for example.</summary>
    public static DeleteOptions FromDocument(JsonObject? options)
    {
        var preconditions = options.Object("preconditions");
        var dryRun = options.Texts("dryRun").Any(value => WriteOptions.ParseDryRun(value, "DeleteOptions"));
        return Checked(new DeleteOptions(
            options.Number("gracePeriodSeconds"), Policy(options.Text("propagationPolicy"), options.Flag("orphanDependents")),
            preconditions.Text("uid"), preconditions.Text("resourceVersion"), dryRun));
    }

    /// <summary>409 when the object is not the one that the caller means.</summary>
    public void CheckPreconditions(Operation operation, StoredObject stored, JsonObject document)
    {
        var metadata = document.Metadata();
        if (Uid.Length > 0 && Uid != metadata.Text("uid"))
        {
            throw ApiErrors.Conflict(operation.Resource, operation.Name,
                $"Precondition failed: UID in precondition: {Uid}, UID in object meta: {metadata.Text("uid")}");
        }

        if (ResourceVersion.Length > 0 && Freshness.Parse(ResourceVersion) != stored.Revision)
        {
            throw ApiErrors.Conflict(operation.Resource, operation.Name,
                $"Precondition failed: ResourceVersion in precondition: {ResourceVersion}, ResourceVersion in object meta: {stored.Revision}");
        }
    }

    private static DeleteOptions FromQuery(QueryParameters query) => Checked(new DeleteOptions(
        query.Number("gracePeriodSeconds"),
        Policy(query.Text("propagationPolicy"), query["orphanDependents"] is null ? null : query.Flag("orphanDependents")),
        "", "", WriteOptions.ParseDryRun(query["dryRun"], "DeleteOptions")));

    private static JsonObject Decode(ObjectSchema schema, ReadOnlyMemory<byte> body)
    {
        var found = TypeMeta.Peek(body.Span);
        if (found.Error is not null)
            throw ApiErrors.BadRequest($"couldn't get version/kind; json parse error: {found.Error}");
        if (found.Kind is not ("" or "DeleteOptions"))
            throw ApiErrors.BadRequest($"decoded object cannot be converted to DeleteOptions: its kind is {found.Kind}");
        var decoded = ObjectDecoder.Decode(schema, body.Span);
        return decoded.Object ?? throw ApiErrors.BadRequest($"DeleteOptions in version \"v1\" cannot be handled as a DeleteOptions: {decoded.Error}");
    }

    private static string Policy(string policy, bool? orphanDependents)
    {
        if (orphanDependents is null)
            return policy;
        if (policy.Length > 0)
        {
            throw ApiErrors.InvalidOption("DeleteOptions", FieldErrorType.FieldValueInvalid, "propagationPolicy",
                $"Invalid value: {GoText.Quote(policy)}: orphanDependents and deletionPropagation cannot be both set");
        }

        return orphanDependents.Value ? "Orphan" : "Background";
    }

    private static DeleteOptions Checked(DeleteOptions options)
    {
        if (options.Propagation is not ("" or "Foreground" or "Orphan" or "Background"))
        {
            throw ApiErrors.InvalidOption("DeleteOptions", FieldErrorType.FieldValueNotSupported, "propagationPolicy",
                $"Unsupported value: {GoText.Quote(options.Propagation)}: supported values: \"Background\", \"Foreground\", \"Orphan\"");
        }

        // Kubernetes takes a negative period for 1 second.
        return options.GracePeriodSeconds < 0 ? options with { GracePeriodSeconds = 1 } : options;
    }
}
