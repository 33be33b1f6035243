namespace CloudPlane.Api;

internal enum OutputShape { Object, Table, PartialObject }

/// <summary>In which form the caller wants the answer: from its Accept header.</summary>
/// <param name="Version">"v1" or "v1beta1" of meta.k8s.io.</param>
internal sealed record OutputForm(OutputShape Shape, string Version, string ContentType)
{
    private const string Json = "application/json";
    private const string Accepted = "application/json";

    public static readonly OutputForm Plain = new(OutputShape.Object, "v1", Json);

    /// <summary>The first form in the header that this server can give; 406 when there is none.</summary>
    public static OutputForm Negotiate(string accept)
    {
        if (accept.Length == 0 || accept == Json)
            return Plain;
        foreach (var entry in accept.Split(','))
        {
            if (Of(entry) is { } form)
                return form;
        }

        throw ApiErrors.NotAcceptable(Accepted);
    }

    /// <summary>A media type's parameter, or "".</summary>
    public static string Parameter(string mediaType, string name)
    {
        foreach (var part in mediaType.Split(';').Skip(1))
        {
            var pair = part.Split('=', 2);
            if (pair.Length == 2 && pair[0].Trim() == name)
                return pair[1].Trim();
        }

        return "";
    }

    private static OutputForm? Of(string entry)
    {
        var type = RequestBody.MediaType(entry);
        if (type is not (Json or "*/*" or "application/*"))
            return null;
        var shape = Parameter(entry, "as");
        if (shape.Length == 0)
            return Plain;
        var (group, version) = (Parameter(entry, "g"), Parameter(entry, "v"));
        if (group != "meta.k8s.io" || version is not ("v1" or "v1beta1"))
            return null;
        return shape switch
        {
            "Table" => new OutputForm(OutputShape.Table, version, $"{Json};as=Table;g=meta.k8s.io;v={version}"),
            "PartialObjectMetadata" or "PartialObjectMetadataList" => new OutputForm(OutputShape.PartialObject, version, Json),
            _ => null,
        };
    }
}
