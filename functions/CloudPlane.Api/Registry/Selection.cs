using CloudPlane.Schema;

namespace CloudPlane.Api;

/// <summary>The selectors of a list, watch or deletecollection.</summary>
/// <param name="Name">The only name that can match, or null.</param>
internal sealed record Selection(ObjectSelection Objects, string? Name)
{
    public bool IsEverything => Objects.IsEverything;

    public static Selection Of(Operation operation)
    {
        try
        {
            var labels = operation.Query.Text("labelSelector") is { Length: > 0 } l ? LabelSelector.Parse(l) : LabelSelector.Everything;
            var fields = operation.Query.Text("fieldSelector") is { Length: > 0 } f ? FieldSelector.Parse(operation.Resource, f) : FieldSelector.Everything;
            // GET of one name with ?watch=1 watches just that name.
            if (operation.Name.Length > 0)
                fields = FieldSelector.Parse(operation.Resource, $"metadata.name={operation.Name}");
            return new Selection(new ObjectSelection(labels, fields), fields.RequiredName);
        }
        catch (FormatException e)
        {
            throw ApiErrors.BadRequest(e.Message);
        }
    }
}
