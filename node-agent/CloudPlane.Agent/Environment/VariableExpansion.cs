using System.Text;

namespace CloudPlane.Agent;

/// <summary>Kubernetes' $(VAR) references: $$ is a dollar sign, and a reference to what is unknown stays as it is.</summary>
internal static class VariableExpansion
{
    public static string Expand(string input, IReadOnlyDictionary<string, string> values) =>
        Expand(input, name => values.TryGetValue(name, out var value) ? value : null);

    public static string Expand(string input, Func<string, string?> lookup)
    {
        if (!input.Contains('$')) return input;
        var output = new StringBuilder(input.Length);
        for (var i = 0; i < input.Length; i++)
        {
            if (input[i] != '$' || i + 1 == input.Length) output.Append(input[i]);
            else i += AppendReference(output, input.AsSpan(i + 1), lookup);
        }
        return output.ToString();
    }

    /// <summary>Handles what follows a dollar sign; returns how many characters it took.</summary>
    private static int AppendReference(StringBuilder output, ReadOnlySpan<char> rest, Func<string, string?> lookup)
    {
        if (rest[0] == '$')
        {
            output.Append('$');
            return 1;
        }
        var end = rest[0] == '(' ? rest.IndexOf(')') : -1;
        if (end < 0)
        {
            output.Append('$').Append(rest[0]);
            return 1;
        }
        var name = rest[1..end].ToString();
        output.Append(lookup(name) ?? $"$({name})");
        return end + 1;
    }
}
