namespace CloudPlane.Schema;

/// <summary>The models that OpenAPI documents speak of beside the catalog's types, and what a set of models refers to.</summary>
internal static class OpenApiModels
{
    public const string Patch = "io.k8s.apimachinery.pkg.apis.meta.v1.Patch";
    public const string Status = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";
    public const string DeleteOptions = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";
    public const string WatchEvent = "io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent";
    public const string Time = "io.k8s.apimachinery.pkg.apis.meta.v1.Time";
    public const string MicroTime = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime";
    public const string Duration = "io.k8s.apimachinery.pkg.apis.meta.v1.Duration";
    public const string FieldsV1 = "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1";
    public const string RawExtension = "io.k8s.apimachinery.pkg.runtime.RawExtension";
    public const string Quantity = "io.k8s.apimachinery.pkg.api.resource.Quantity";
    public const string IntOrString = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";

    /// <summary>The model that a field's value has, when it is one of its own; otherwise null and the shape is written in place.</summary>
    public static string? Of(FieldSchema field) => field.Kind == FieldKind.Ref ? field.RefName : field.Format switch
    {
        "date-time" => Time,
        "date-time-micro" => MicroTime,
        "duration" => Duration,
        "fields-v1" => FieldsV1,
        "raw-extension" => RawExtension,
        "quantity" => Quantity,
        "int-or-string" => IntOrString,
        _ => null,
    };

    /// <summary>Models that are no struct of the catalog.</summary>
    public static bool IsScalar(string model) =>
        model is Patch or Time or MicroTime or Duration or FieldsV1 or RawExtension or Quantity or IntOrString;

    /// <summary>All models that the given ones reach, themselves included, in ordinal order.</summary>
    public static SortedSet<string> Closure(Catalog catalog, IEnumerable<string> models)
    {
        var reached = new SortedSet<string>(StringComparer.Ordinal);
        var left = new Stack<string>(models);
        while (left.TryPop(out var model))
        {
            if (!reached.Add(model) || IsScalar(model))
                continue;
            foreach (var field in catalog.Type(model).Fields.Values)
                Push(left, field);
        }

        return reached;
    }

    private static void Push(Stack<string> models, FieldSchema field)
    {
        if (Of(field) is { } model)
            models.Push(model);
        else if ((field.Items ?? field.Values) is { } inner)
            Push(models, inner);
    }
}
