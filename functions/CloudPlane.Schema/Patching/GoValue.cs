using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>A JSON value as Go's %v prints the decoded value: <c>map[image:nginx ports:[80 443]]</c>. Error messages quote it so.</summary>
internal static class GoValue
{
    public static string Of(JsonNode? value)
    {
        var text = new StringBuilder();
        Write(text, value);
        return text.ToString();
    }

    private static void Write(StringBuilder text, JsonNode? value)
    {
        switch (value)
        {
            case null:
                text.Append("<nil>");
                break;
            case JsonObject o:
                WriteAll(text.Append("map["), o.OrderBy(p => p.Key, StringComparer.Ordinal), p =>
                {
                    text.Append(p.Key).Append(':');
                    Write(text, p.Value);
                });
                break;
            case JsonArray a:
                WriteAll(text.Append('['), a, item => Write(text, item));
                break;
            default:
                text.Append(value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString());
                break;
        }
    }

    private static void WriteAll<T>(StringBuilder text, IEnumerable<T> items, Action<T> write)
    {
        var first = true;
        foreach (var item in items)
        {
            if (!first)
                text.Append(' ');
            first = false;
            write(item);
        }

        text.Append(']');
    }
}
