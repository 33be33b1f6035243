using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CloudPlane.Schema;

internal enum LabelOperator { In, NotIn, Equals, DoubleEquals, NotEquals, Exists, DoesNotExist, GreaterThan, LessThan }

/// <summary>One requirement of a label selector. Immutable; keys and values are kept as UTF-8 too, to be compared with stored bytes.</summary>
internal sealed class LabelRequirement
{
    private readonly string[] _values;
    private readonly byte[][] _utf8Values;
    private readonly long _bound;

    private LabelRequirement(string key, LabelOperator op, string[] values)
    {
        Key = key;
        Utf8Key = Encoding.UTF8.GetBytes(key);
        Operator = op;
        _values = values;
        _utf8Values = [.. values.Select(Encoding.UTF8.GetBytes)];
        if (op is LabelOperator.GreaterThan or LabelOperator.LessThan)
            _bound = long.Parse(values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
    }

    public string Key { get; }
    public byte[] Utf8Key { get; }
    public LabelOperator Operator { get; }

    /// <summary>Whether an object without the label matches.</summary>
    public bool MatchesAbsent => Operator is LabelOperator.NotIn or LabelOperator.NotEquals or LabelOperator.DoesNotExist;

    /// <exception cref="FormatException">In the words of labels.NewRequirement.</exception>
    public static LabelRequirement Create(string key, LabelOperator op, IEnumerable<string> values)
    {
        var sorted = values.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        var errors = new List<string>();
        if (Join(NameRules.QualifiedName(key)) is { Length: > 0 } keyError)
            errors.Add($"key: Invalid value: {GoText.Quote(key)}: {keyError}");
        CheckCount(op, sorted, errors);
        for (var i = 0; i < sorted.Length; i++)
        {
            if (Join(NameRules.LabelValue(sorted[i])) is { Length: > 0 } valueError)
                errors.Add($"values[{i}][{key}]: Invalid value: {GoText.Quote(sorted[i])}: {valueError}");
        }

        return errors.Count switch
        {
            0 => new LabelRequirement(key, op, sorted),
            1 => throw new FormatException(errors[0]),
            _ => throw new FormatException($"[{string.Join(", ", errors)}]"),
        };
    }

    public bool Matches(string value) => Operator switch
    {
        LabelOperator.In or LabelOperator.Equals or LabelOperator.DoubleEquals => _values.Contains(value),
        LabelOperator.NotIn or LabelOperator.NotEquals => !_values.Contains(value),
        LabelOperator.Exists => true,
        LabelOperator.DoesNotExist => false,
        _ => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && InBound(number),
    };

    /// <summary>The same for the string that the reader stands on, without allocating it where no number is compared.</summary>
    public bool Matches(ref Utf8JsonReader value) => Operator switch
    {
        LabelOperator.In or LabelOperator.Equals or LabelOperator.DoubleEquals => IsOneOf(ref value),
        LabelOperator.NotIn or LabelOperator.NotEquals => !IsOneOf(ref value),
        _ => Matches(value.GetString() ?? ""),
    };

    public override string ToString() => Operator switch
    {
        LabelOperator.Exists => Key,
        LabelOperator.DoesNotExist => $"!{Key}",
        LabelOperator.In => $"{Key} in ({string.Join(',', _values)})",
        LabelOperator.NotIn => $"{Key} notin ({string.Join(',', _values)})",
        LabelOperator.DoubleEquals => $"{Key}=={_values[0]}",
        LabelOperator.NotEquals => $"{Key}!={_values[0]}",
        LabelOperator.GreaterThan => $"{Key}>{_values[0]}",
        LabelOperator.LessThan => $"{Key}<{_values[0]}",
        _ => $"{Key}={_values[0]}",
    };

    private bool IsOneOf(ref Utf8JsonReader value)
    {
        foreach (var candidate in _utf8Values)
        {
            if (value.ValueTextEquals(candidate))
                return true;
        }

        return false;
    }

    private bool InBound(long number) => Operator == LabelOperator.GreaterThan ? number > _bound : number < _bound;

    private static void CheckCount(LabelOperator op, string[] values, List<string> errors)
    {
        switch (op)
        {
            case LabelOperator.In or LabelOperator.NotIn when values.Length == 0:
                errors.Add("values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty");
                break;
            case LabelOperator.Exists or LabelOperator.DoesNotExist when values.Length > 0:
                errors.Add($"values: Invalid value: [{string.Join(',', values.Select(GoText.Quote))}]: values set must be empty for exists and does not exist");
                break;
            case LabelOperator.GreaterThan or LabelOperator.LessThan
                when !long.TryParse(values[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _):
                errors.Add($"values[0]: Invalid value: {GoText.Quote(values[0])}: for 'Gt', 'Lt' operators, the value must be an integer");
                break;
        }
    }

    /// <summary>Several faults of one value as one message; empty when there are none.</summary>
    internal static string Join(IEnumerable<string> faults) => string.Join("; ", faults);
}
