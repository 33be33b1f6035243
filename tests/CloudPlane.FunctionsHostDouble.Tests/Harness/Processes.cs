namespace CloudPlane.Doubles.Tests;

/// <summary>Looks at processes that need not be children of this one.</summary>
internal static class Processes
{
    /// <summary>Neither gone nor a zombie that nobody has waited for.</summary>
    public static bool IsRunning(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");
            return text[text.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }
}
