namespace CloudPlane.Schema;

/// <summary>The grammar of a label selector's query form; every error is worded as k8s.io/apimachinery/pkg/labels words it.</summary>
internal sealed class LabelParser(string selector)
{
    private readonly List<(LabelToken Token, string Text)> _tokens = LabelLexer.Scan(selector);
    private int _position;

    public List<LabelRequirement> Parse()
    {
        var requirements = new List<LabelRequirement>();
        while (true)
        {
            var (token, text) = Peek();
            if (token == LabelToken.End)
                return requirements;
            if (token is not (LabelToken.Identifier or LabelToken.DoesNotExist))
                throw Found(text, "!, identifier, or 'end of string'");
            requirements.Add(WrappedRequirement());

            (token, text) = Take();
            if (token == LabelToken.End)
                return requirements;
            if (token != LabelToken.Comma)
                throw Found(text, "',' or 'end of string'");
            (token, text) = Peek();
            if (token is not (LabelToken.Identifier or LabelToken.DoesNotExist))
                throw Found(text, "identifier after ','");
        }
    }

    private LabelRequirement WrappedRequirement()
    {
        try
        {
            return Requirement();
        }
        catch (FormatException e)
        {
            throw new FormatException($"unable to parse requirement: {e.Message}");
        }
    }

    private LabelRequirement Requirement()
    {
        var negated = Peek().Token == LabelToken.DoesNotExist;
        if (negated)
            Take();
        var (token, key) = Take();
        if (token != LabelToken.Identifier)
            throw Found(key, "identifier");
        if (LabelRequirement.Join(NameRules.QualifiedName(key)) is { Length: > 0 } error)
            throw new FormatException($"<nil>: Invalid value: {GoText.Quote(key)}: {error}");

        if (negated)
            return LabelRequirement.Create(key, LabelOperator.DoesNotExist, []);
        if (Peek().Token is LabelToken.End or LabelToken.Comma)
            return LabelRequirement.Create(key, LabelOperator.Exists, []);
        var op = Operator();
        return LabelRequirement.Create(key, op, op is LabelOperator.In or LabelOperator.NotIn ? Values() : [ExactValue()]);
    }

    private LabelOperator Operator()
    {
        var (token, text) = TakeOperator();
        return token switch
        {
            LabelToken.In => LabelOperator.In,
            LabelToken.NotIn => LabelOperator.NotIn,
            LabelToken.Equals => LabelOperator.Equals,
            LabelToken.DoubleEquals => LabelOperator.DoubleEquals,
            LabelToken.NotEquals => LabelOperator.NotEquals,
            LabelToken.GreaterThan => LabelOperator.GreaterThan,
            LabelToken.LessThan => LabelOperator.LessThan,
            _ => throw Found(text, "in, notin, =, ==, !=, gt, lt"),
        };
    }

    private string ExactValue()
    {
        if (Peek().Token is LabelToken.End or LabelToken.Comma)
            return "";
        var (token, text) = Take();
        return token == LabelToken.Identifier ? text : throw Found(text, "identifier");
    }

    private HashSet<string> Values()
    {
        var (token, text) = Take();
        if (token != LabelToken.Open)
            throw new FormatException($"found '{text}' expected: '('");
        (token, text) = Peek();
        switch (token)
        {
            case LabelToken.Close:
                Take();
                return [""];
            case LabelToken.Identifier or LabelToken.Comma:
                var values = List();
                if (Take().Token != LabelToken.Close)
                    throw Found(text, "')'");
                return values;
            default:
                throw Found(text, "',', ')' or identifier");
        }
    }

    // "(,a)", "(a,,b)" and "(a,)" hold the empty value too.
    private HashSet<string> List()
    {
        var values = new HashSet<string>(StringComparer.Ordinal);
        while (true)
        {
            var (token, text) = Take();
            if (token == LabelToken.Identifier)
            {
                values.Add(text);
                (token, text) = Peek();
                if (token == LabelToken.Close)
                    return values;
                if (token != LabelToken.Comma)
                    throw Found(text, "',' or ')'");
                continue;
            }

            if (token != LabelToken.Comma)
                throw Found(text, "',', or identifier");
            if (values.Count == 0)
                values.Add("");
            if (Peek().Token is LabelToken.Close or LabelToken.Comma)
                values.Add("");
            if (Peek().Token == LabelToken.Close)
                return values;
            if (Peek().Token == LabelToken.Comma)
                Take();
        }
    }

    // "in" and "notin" are operators only where an operator may stand; anywhere else they are names.
    private (LabelToken Token, string Text) Peek()
    {
        var (token, text) = _tokens[_position];
        return (token is LabelToken.In or LabelToken.NotIn ? LabelToken.Identifier : token, text);
    }

    private (LabelToken Token, string Text) Take()
    {
        var item = Peek();
        Advance();
        return item;
    }

    private (LabelToken Token, string Text) TakeOperator()
    {
        var item = _tokens[_position];
        Advance();
        return item;
    }

    private void Advance()
    {
        if (_position < _tokens.Count - 1)
            _position++;
    }

    private static FormatException Found(string text, string expected) => new($"found '{text}', expected: {expected}");
}
