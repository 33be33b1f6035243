using System.Text;

namespace CloudPlane.Agent.Tests;

/// <summary>What was written so far, for a test that waits for it.</summary>
internal sealed class SeenStream : MemoryStream
{
    private readonly Lock _lock = new();

    public string Text
    {
        get
        {
            lock (_lock)
                return Encoding.UTF8.GetString(ToArray());
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (_lock)
            Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public async Task UntilAsync(string end)
    {
        for (var attempt = 0; attempt < 2000; attempt++)
        {
            if (Text.EndsWith(end, StringComparison.Ordinal))
                return;
            await Task.Delay(5);
        }
        throw new TimeoutException($"\"{end}\" does not come; so far: \"{Text}\"");
    }
}
