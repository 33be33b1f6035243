namespace CloudPlane.Agent;

/// <summary>Writes log lines as the user wants to see them: messages only or with times, from a time on, up to a number of bytes.</summary>
internal sealed class LogWriter(Stream output, LogOptions options)
{
    private readonly byte[] _buffer = new byte[32 * 1024];
    private int _used;
    private long _left = options.LimitBytes ?? long.MaxValue;
    private bool _lineBegins = true;

    /// <summary>Whether the limit is reached.</summary>
    public bool IsFull => _left <= 0;

    /// <summary>Writes one line of a log file. A line that is not in CRI format is skipped, as the kubelet does.</summary>
    public ValueTask WriteAsync(ReadOnlyMemory<byte> line, CancellationToken cancellationToken)
    {
        if (!LogLine.TryParse(line.Span, out var parsed) || options.Since is { } since && parsed.IsBefore(since))
            return ValueTask.CompletedTask;
        Span<byte> time = stackalloc byte[LogLine.MaxTimestamp];
        // A line's further parts go on behind the first one's time.
        var head = options.Timestamps && _lineBegins ? time[..parsed.FormatTimestamp(time)] : default;
        _lineBegins = !parsed.IsPartial;
        var headLength = (int)Math.Min(head.Length, _left);
        var length = (int)Math.Min(parsed.Message.Length, _left - headLength);
        _left -= headLength + length;
        var message = line.Slice(line.Length - parsed.Message.Length - (EndsWithCut(line, parsed) ? 1 : 0), length);
        if (_used + headLength + length <= _buffer.Length)
        {
            Append(head[..headLength]);
            Append(message.Span);
            return ValueTask.CompletedTask;
        }
        return WriteThroughAsync(head[..headLength].ToArray(), message, cancellationToken);
    }

    /// <summary>Sends what is buffered.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_used == 0)
            return;
        await SendAsync(cancellationToken).ConfigureAwait(false);
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    // A partial message is the line without the line feed that ends it.
    private static bool EndsWithCut(ReadOnlyMemory<byte> line, LogLine parsed) => parsed.IsPartial && line.Span is [.., (byte)'\n'];

    private async ValueTask WriteThroughAsync(byte[] head, ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        await SendAsync(cancellationToken).ConfigureAwait(false);
        Append(head);
        if (message.Length <= _buffer.Length - _used)
        {
            Append(message.Span);
            return;
        }
        await SendAsync(cancellationToken).ConfigureAwait(false);
        await output.WriteAsync(message, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask SendAsync(CancellationToken cancellationToken)
    {
        await output.WriteAsync(_buffer.AsMemory(0, _used), cancellationToken).ConfigureAwait(false);
        _used = 0;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_buffer.AsSpan(_used));
        _used += bytes.Length;
    }
}
