using System.Text;

namespace CloudPlane.Schema;

/// <summary>
/// Says what is wrong with malformed JSON in the words of Go's scanner, which the API server passes on. Runs only after
/// System.Text.Json has refused the bytes, so it may be simple.
/// </summary>
internal ref struct GoJsonSyntax
{
    private readonly ReadOnlySpan<byte> _json;
    private readonly Stack<bool> _inObject = new();
    private int _at;
    private string? _error;

    private GoJsonSyntax(ReadOnlySpan<byte> json) => _json = json;

    public static string Describe(ReadOnlySpan<byte> json)
    {
        var scan = new GoJsonSyntax(json);
        scan.Document();
        // Well-formed after all: the reader's only other complaint is nesting.
        return scan._error ?? "exceeded max depth";
    }

    // One loop instead of recursion: what is described here may be nested without end.
    private void Document()
    {
        while (_error is null)
        {
            if (!BeginValue() || !AfterValue())
                return;
        }
    }

    // Consumes openings up to and including one scalar or one empty container; false when it failed.
    private bool BeginValue()
    {
        while (true)
        {
            switch (Peek())
            {
                case (byte)'{':
                    _at++;
                    _inObject.Push(true);
                    if (Peek() == '}')
                        return true;
                    if (!Key())
                        return false;
                    continue;
                case (byte)'[':
                    _at++;
                    _inObject.Push(false);
                    if (Peek() == ']')
                        return true;
                    continue;
                case (byte)'"':
                    return String();
                case (byte)'t':
                    return Literal("true");
                case (byte)'f':
                    return Literal("false");
                case (byte)'n':
                    return Literal("null");
                case (byte)'-' or (>= (byte)'0' and <= (byte)'9'):
                    return Number();
                default:
                    return Fail("looking for beginning of value");
            }
        }
    }

    // Closes what ends here and moves to the next value; false at the end or on failure.
    private bool AfterValue()
    {
        while (_inObject.TryPeek(out var inObject))
        {
            var c = Peek();
            if (c == (inObject ? '}' : ']'))
            {
                _at++;
                _inObject.Pop();
                continue;
            }

            if (c != ',')
                return Fail(inObject ? "after object key:value pair" : "after array element");
            _at++;
            return !inObject || Key();
        }

        return Peek() >= 0 && Fail("after top-level value");
    }

    private bool Key()
    {
        if (Peek() != '"')
            return Fail("looking for beginning of object key string");
        if (!String())
            return false;
        if (Peek() != ':')
            return Fail("after object key");
        _at++;
        return true;
    }

    private bool String()
    {
        for (_at++; _at < _json.Length; _at++)
        {
            var c = _json[_at];
            if (c == '"')
            {
                _at++;
                return true;
            }

            if (c < 0x20)
                return Fail("in string literal");
            if (c == '\\' && !Escape())
                return false;
        }

        return Fail("");
    }

    private bool Escape()
    {
        if (++_at >= _json.Length)
            return Fail("");
        if (_json[_at] != 'u')
            return "\"\\/bfnrt".Contains((char)_json[_at]) || Fail("in string escape code");
        for (var digit = 0; digit < 4; digit++)
        {
            if (++_at >= _json.Length || !char.IsAsciiHexDigit((char)_json[_at]))
                return Fail("in \\u hexadecimal character escape");
        }

        return true;
    }

    private bool Literal(string literal)
    {
        for (var i = 0; i < literal.Length; i++, _at++)
        {
            if (_at >= _json.Length || _json[_at] != literal[i])
                return Fail($"in literal {literal} (expecting '{literal[i]}')");
        }

        return true;
    }

    private bool Number()
    {
        if (_json[_at] == '-' && ++_at is var next && (next >= _json.Length || !char.IsAsciiDigit((char)_json[next])))
            return Fail("in numeric literal");
        if (_json[_at] == '0')
            _at++;
        else
            Digits();
        if (_at < _json.Length && _json[_at] == '.' && (++_at < 0 || !Digits()))
            return Fail("after decimal point in numeric literal");
        if (_at < _json.Length && _json[_at] is (byte)'e' or (byte)'E')
        {
            _at++;
            if (_at < _json.Length && _json[_at] is (byte)'+' or (byte)'-')
                _at++;
            if (!Digits())
                return Fail("in exponent of numeric literal");
        }

        return true;
    }

    private bool Digits()
    {
        var start = _at;
        while (_at < _json.Length && char.IsAsciiDigit((char)_json[_at]))
            _at++;
        return _at > start;
    }

    // The next byte that is no white space, or -1.
    private int Peek()
    {
        while (_at < _json.Length && _json[_at] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
            _at++;
        return _at < _json.Length ? _json[_at] : -1;
    }

    private bool Fail(string context)
    {
        _error = _at >= _json.Length ? "unexpected end of JSON input" : $"invalid character {QuoteAt()} {context}";
        return false;
    }

    private readonly string QuoteAt()
    {
        var c = _json[_at];
        return c switch
        {
            (byte)'\'' => "'\\''",
            (byte)'"' => "'\"'",
            // Go quotes the byte as if it were a code point (Latin-1).
            _ => $"'{GoText.Quote(Encoding.Latin1.GetString([c]))[1..^1]}'",
        };
    }
}
