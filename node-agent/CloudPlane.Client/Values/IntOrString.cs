using System.Globalization;

namespace CloudPlane.Client;

/// <summary>A number or a text (a port or its name; a count or a percentage).</summary>
public readonly record struct IntOrString
{
    private readonly int _number;

    public IntOrString(int value) => _number = value;

    public IntOrString(string text) => Text = text;

    /// <summary>The text, or null when it is a number.</summary>
    public string? Text { get; }

    public bool IsInt => Text is null;

    /// <summary>The number; 0 when it is a text.</summary>
    public int IntValue => _number;

    /// <summary>The number, or the percentage ("25%") of <paramref name="total"/>, rounded up or down.</summary>
    /// <exception cref="FormatException">It is a text that is no percentage.</exception>
    public int Scaled(int total, bool roundUp)
    {
        if (IsInt) return IntValue;
        var number = Text!.AsSpan().TrimEnd('%');
        if (number.Length != Text!.Length - 1 || !int.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var percent))
            throw new FormatException($"invalid value for IntOrString: invalid value \"{Text}\": a number or a percentage is expected");
        var hundredths = (long)percent * total;
        return (int)(roundUp ? (hundredths + (hundredths > 0 ? 99 : 0)) / 100 : hundredths / 100);
    }

    public static implicit operator IntOrString(int value) => new(value);

    public static implicit operator IntOrString(string text) => new(text);

    public override string ToString() => Text ?? IntValue.ToString(CultureInfo.InvariantCulture);
}
