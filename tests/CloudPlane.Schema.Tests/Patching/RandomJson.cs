using System.Text.Json.Nodes;

namespace CloudPlane.Schema.Tests;

/// <summary>Random JSON without nulls in objects (a merge patch can't express them), from few names so that documents overlap.</summary>
internal sealed class RandomJson(Random random)
{
    public JsonObject Object(int depth)
    {
        var result = new JsonObject();
        for (var i = random.Next(5); i > 0; i--)
            result[$"k{random.Next(6)}"] = Value(depth - 1);
        return result;
    }

    private JsonNode Value(int depth) => random.Next(depth > 0 ? 5 : 3) switch
    {
        0 => JsonValue.Create(random.Next(3)),
        1 => JsonValue.Create(random.Next(2) == 0),
        2 => JsonValue.Create($"v{random.Next(3)}"),
        3 => new JsonArray(JsonValue.Create(random.Next(3)), Object(depth - 1)),
        _ => Object(depth - 1),
    };
}
