using System.Text.Json;
using System.Text.Json.Nodes;

namespace CloudPlane.Schema;

/// <summary>One pass of the decoder over one document; not thread-safe, used once.</summary>
internal sealed class DecodePass
{
    // As many as sigs.k8s.io/json reports.
    private const int MaxStrictErrors = 100;

    private readonly DecodePath _path = new();
    private readonly List<string> _strictErrors = [];

    /// <summary>The first wrong type; like Go's decoder, the pass goes on after it.</summary>
    public string? Error { get; private set; }

    public IReadOnlyList<string> StrictErrors => _strictErrors;

    public JsonObject? Root(ref Utf8JsonReader reader, ObjectSchema schema)
    {
        if (reader.TokenType == JsonTokenType.StartObject)
            return ReadObject(ref reader, schema);
        if (reader.TokenType == JsonTokenType.Null)
            return [];
        Mismatch(ref reader, GoTypes.Name(schema.Name));
        return null;
    }

    private JsonObject ReadObject(ref Utf8JsonReader reader, ObjectSchema schema)
    {
        var result = new JsonObject();
        var seen = new SeenFields();
        _path.EnterType(schema);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (!JsonTexts.TryFindField(ref reader, schema, out var name, out var field))
            {
                Strict("unknown", name);
                reader.Skip();
                continue;
            }

            if (!seen.Add(field.Ordinal, name))
                Strict("duplicate", name);
            reader.Read();
            _path.EnterField(name);
            var value = ReadValue(ref reader, field);
            _path.Leave();
            if (value is null || GoZero.IsAbsent(schema, name, field, value))
                result.Remove(name);
            else
                result[name] = value;
        }

        _path.LeaveType();
        return result;
    }

    // Null stands for absent: a JSON null, or a value that Error already names.
    private JsonNode? ReadValue(ref Utf8JsonReader reader, FieldSchema field)
    {
        if (field.Kind == FieldKind.Object)
            return ReadRaw(ref reader);
        if (reader.TokenType == JsonTokenType.Null)
            return null;
        switch (field.Kind)
        {
            case FieldKind.Ref when reader.TokenType == JsonTokenType.StartObject:
                return ReadObject(ref reader, field.Ref!());
            case FieldKind.Array when reader.TokenType == JsonTokenType.StartArray:
                return ReadArray(ref reader, field.Items!);
            case FieldKind.Map when reader.TokenType == JsonTokenType.StartObject:
                return ReadMap(ref reader, field.Values!);
            case FieldKind.Boolean when reader.TokenType is JsonTokenType.True or JsonTokenType.False:
                return JsonValue.Create(reader.GetBoolean());
            case FieldKind.Integer when reader.TokenType == JsonTokenType.Number:
                return ReadInteger(ref reader, field);
            case FieldKind.Number when reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var number) && double.IsFinite(number):
                return JsonValue.Create(number);
            case FieldKind.String:
                return ReadText(ref reader, field);
            default:
                Mismatch(ref reader, GoTypes.Name(field));
                return null;
        }
    }

    private JsonArray ReadArray(ref Utf8JsonReader reader, FieldSchema items)
    {
        var array = new JsonArray();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            _path.EnterIndex(array.Count);
            array.Add(ReadValue(ref reader, items) ?? GoTypes.Zero(items));
            _path.Leave();
        }

        return array;
    }

    private JsonObject ReadMap(ref Utf8JsonReader reader, FieldSchema values)
    {
        var map = new JsonObject();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var key = JsonTexts.Get(ref reader);
            if (map.ContainsKey(key))
                Strict("duplicate", key);
            reader.Read();
            _path.EnterKey(key);
            map[key] = ReadValue(ref reader, values) ?? GoTypes.Zero(values);
            _path.Leave();
        }

        return map;
    }

    private JsonValue? ReadInteger(ref Utf8JsonReader reader, FieldSchema field)
    {
        if (field.Format == "int32" && reader.TryGetInt32(out var small) && IsPlain(reader.ValueSpan))
            return JsonValue.Create(small);
        if (field.Format != "int32" && reader.TryGetInt64(out var number) && IsPlain(reader.ValueSpan))
            return JsonValue.Create(number);
        // Go's ParseInt takes neither a fraction nor an exponent, even when the number is whole.
        Fail($"json: cannot unmarshal number {JsonTexts.Raw(reader.ValueSpan)} into {_path.GoTarget()} of type {GoTypes.Name(field)}");
        return null;
    }

    private JsonNode? ReadText(ref Utf8JsonReader reader, FieldSchema field)
    {
        var isText = reader.TokenType == JsonTokenType.String;
        switch (field.Format)
        {
            case "quantity" when isText || reader.TokenType == JsonTokenType.Number:
                return ReadQuantity(isText ? JsonTexts.Get(ref reader).Trim() : JsonTexts.Raw(reader.ValueSpan));
            case "int-or-string" when reader.TokenType == JsonTokenType.Number:
                return ReadIntOrString(ref reader);
            case "date-time" or "date-time-micro" when isText:
                return ReadTime(JsonTexts.Get(ref reader), field.Format == "date-time-micro");
            case "byte" when isText:
                return ReadBytes(JsonTexts.Get(ref reader));
            case "quantity":
                reader.Skip();
                FailHere("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
                return null;
            case "int-or-string" or "date-time" or "date-time-micro" when !isText:
                // These types unmarshal themselves, so Go loses the struct they are in: the path is ours.
                FailHere($"json: cannot unmarshal {GoTypes.Describe(ref reader)} into Go value of type {(field.Format == "int-or-string" ? "int32" : "string")}");
                reader.Skip();
                return null;
        }

        if (isText)
            return JsonValue.Create(JsonTexts.Get(ref reader));
        Mismatch(ref reader, GoTypes.Name(field));
        return null;
    }

    private JsonValue? ReadQuantity(string text)
    {
        if (Quantity.TryParse(text, out var quantity, out var error))
            return JsonValue.Create(quantity.ToString());
        FailHere(error);
        return null;
    }

    private JsonValue? ReadIntOrString(ref Utf8JsonReader reader)
    {
        if (reader.TryGetInt32(out var number) && IsPlain(reader.ValueSpan))
            return JsonValue.Create(number);
        FailHere($"json: cannot unmarshal number {JsonTexts.Raw(reader.ValueSpan)} into Go value of type int32");
        return null;
    }

    private JsonValue? ReadTime(string text, bool micro)
    {
        if (GoTime.Canonical(text, micro, out var error) is { } canonical)
            return JsonValue.Create(canonical);
        FailHere(error);
        return null;
    }

    private JsonValue? ReadBytes(string text)
    {
        var (canonical, corruptAt) = GoBase64.Check(text);
        if (canonical is not null)
            return JsonValue.Create(canonical);
        FailHere($"illegal base64 data at input byte {corruptAt}");
        return null;
    }

    // Kept as it is; of repeated keys the last wins, as for every reader of the stored bytes.
    private static JsonNode? ReadRaw(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var o = new JsonObject();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                {
                    var key = JsonTexts.Get(ref reader);
                    reader.Read();
                    o[key] = ReadRaw(ref reader);
                }

                return o;
            case JsonTokenType.StartArray:
                var array = new JsonArray();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    array.Add(ReadRaw(ref reader));
                return array;
            case JsonTokenType.String:
                return JsonValue.Create(JsonTexts.Get(ref reader));
            case JsonTokenType.Number:
                using (var number = JsonDocument.ParseValue(ref reader))
                    return JsonValue.Create(number.RootElement.Clone());
            case JsonTokenType.True or JsonTokenType.False:
                return JsonValue.Create(reader.GetBoolean());
            default:
                return null;
        }
    }

    private static bool IsPlain(ReadOnlySpan<byte> number) => number.IndexOfAny((byte)'.', (byte)'e', (byte)'E') < 0;

    private void Mismatch(ref Utf8JsonReader reader, string goType)
    {
        Fail($"json: cannot unmarshal {GoTypes.Describe(ref reader)} into {_path.GoTarget()} of type {goType}");
        reader.Skip();
    }

    // A secret's text never gets into an error: what these messages quote is a number, a time or a position.
    private void FailHere(string error) => Fail($"{_path.WithIndexes()}: {error}");

    private void Fail(string error) => Error ??= error;

    private void Strict(string fault, string name)
    {
        if (_strictErrors.Count < MaxStrictErrors)
            _strictErrors.Add($"{fault} field {GoText.Quote(_path.WithIndexes(name))}");
    }

    private struct SeenFields
    {
        private UInt128 _ordinals;
        private HashSet<string>? _beyond;

        public bool Add(int ordinal, string name)
        {
            if (ordinal >= 128)
                return (_beyond ??= []).Add(name);
            var bit = UInt128.One << ordinal;
            var isNew = (_ordinals & bit) == 0;
            _ordinals |= bit;
            return isNew;
        }
    }
}
