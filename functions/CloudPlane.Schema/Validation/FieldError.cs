namespace CloudPlane.Schema;

/// <summary>The reason of a validation error, as in metav1.StatusCause.</summary>
public enum FieldErrorType
{
    FieldValueRequired, FieldValueInvalid, FieldValueNotSupported, FieldValueForbidden, FieldValueDuplicate, FieldValueNotFound, FieldValueTooLong, FieldValueTooMany, FieldValueTypeInvalid,
}

/// <summary>
/// One fault of an object. <paramref name="Message"/> is the cause's message (e.g. <c>Invalid value: "-x": must be ...</c>,
/// <c>Required value</c>), formatted as k8s.io/apimachinery/pkg/util/validation/field formats it, without the path.
/// </summary>
public sealed record FieldError(FieldErrorType Type, string Path, string Message);
