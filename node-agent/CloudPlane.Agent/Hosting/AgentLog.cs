namespace CloudPlane.Agent;

/// <summary>The agent's log: lines on standard error, for journald and people. Never given secrets.</summary>
internal sealed class AgentLog(TextWriter writer, TimeProvider time, bool verbose)
{
    private readonly Lock _lock = new();

    public void Info(string message) => Write("INFO ", message);

    public void Warn(string message) => Write("WARN ", message);

    public void Debug(string message)
    {
        if (verbose) Write("DEBUG", message);
    }

    private void Write(string level, string message)
    {
        lock (_lock) writer.WriteLine($"{time.GetUtcNow().UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} {level} {message}");
    }
}
