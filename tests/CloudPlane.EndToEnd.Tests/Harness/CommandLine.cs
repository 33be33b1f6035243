namespace CloudPlane.EndToEnd.Tests;

/// <summary>Splits a command line as a shell does, as far as the tests need: spaces, and single quotes around what holds spaces.</summary>
public static class CommandLine
{
    public static IReadOnlyList<string> Split(string line)
    {
        var words = new List<string>();
        var word = new System.Text.StringBuilder();
        var (quoted, started) = (false, false);
        foreach (var c in line)
        {
            if (c == '\'')
                (quoted, started) = (!quoted, true);
            else if (c == ' ' && !quoted)
            {
                if (started)
                    words.Add(word.ToString());
                word.Clear();
                started = false;
            }
            else
            {
                word.Append(c);
                started = true;
            }
        }

        if (started)
            words.Add(word.ToString());
        return words;
    }
}
