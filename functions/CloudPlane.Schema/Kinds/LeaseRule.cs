using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

internal sealed class LeaseRule : KindRule
{
    public override void Validate(JsonObject document, FieldErrors errors)
    {
        var (spec, path) = (document["spec"], FieldPath.Root("spec"));
        if (spec.Number("leaseDurationSeconds") is <= 0 and var duration)
            errors.Invalid(path.Child("leaseDurationSeconds"), duration, "must be greater than 0");
        NotNegative(spec, "leaseTransitions", path, errors);
    }
}
