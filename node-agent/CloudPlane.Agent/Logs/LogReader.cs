namespace CloudPlane.Agent;

/// <summary>
/// Reads a container's log as `kubectl logs` shows it. Opened before anything is answered, so that a log that is not there is an
/// error and not an empty log.
/// </summary>
internal sealed class LogReader : IDisposable
{
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(200);

    // How long a replaced file must have been quiet to be taken for complete, where it can't be known, and where somebody just keeps it open.
    private static readonly TimeSpan LongestQuietUnknown = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestQuiet = TimeSpan.FromSeconds(30);

    private readonly ContainerLog _log;
    private readonly LogOptions _options;
    private readonly TimeProvider _time;
    private LogFile _file;

    private LogReader(ContainerLog log, LogOptions options, TimeProvider time, LogFile file)
    {
        _log = log;
        _options = options;
        _time = time;
        _file = file;
    }

    /// <summary>Opens the log and goes to its first wanted line.</summary>
    /// <exception cref="LogUnavailableException">500: the file can't be read.</exception>
    public static LogReader Open(ContainerLog log, LogOptions options, TimeProvider time)
    {
        try
        {
            var file = new LogFile(log.Path);
            if (options.TailLines is { } lines)
                file.GoToTail(lines);
            return new LogReader(log, options, time, file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LogUnavailableException(500, $"failed to open log file \"{log.Path}\": {e.Message}", e);
        }
    }

    /// <summary>Writes the log, to its end or, when following, until the container has ended.</summary>
    public async Task CopyToAsync(Stream output, CancellationToken cancellationToken)
    {
        var writer = new LogWriter(output, _options);
        // A tail that nobody follows is as many lines as were asked for, though more may be written meanwhile.
        var left = _options.Follow ? null : _options.TailLines;
        var wait = ShortestWait;
        while (true)
        {
            // Asked before reading: what the container wrote before it ended is then read too.
            var mayGrow = _options.Follow && _log.StillRunning();
            var moved = await DrainAsync(writer, left, lastRead: !mayGrow, cancellationToken).ConfigureAwait(false);
            await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
            if (writer.IsFull)
                return;
            if (await NextFileAsync(writer, cancellationToken).ConfigureAwait(false))
                continue;
            if (!mayGrow)
                return;
            wait = moved ? ShortestWait : wait * 2 < LongestWait ? wait * 2 : LongestWait;
            await Task.Delay(wait, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Copies the lines that are there. Says whether there were any.</summary>
    private async Task<bool> DrainAsync(LogWriter writer, long? left, bool lastRead, CancellationToken cancellationToken)
    {
        var any = false;
        while (!writer.IsFull && left is not <= 0 && await _file.ReadLineAsync(lastRead, cancellationToken).ConfigureAwait(false) is { IsEmpty: false } line)
        {
            any = true;
            left--;
            await writer.WriteAsync(line, cancellationToken).ConfigureAwait(false);
        }
        return any;
    }

    /// <summary>Goes on with the new file after a rotation.</summary>
    private async Task<bool> NextFileAsync(LogWriter writer, CancellationToken cancellationToken)
    {
        if (!_options.Follow || !_file.IsReplaced())
            return false;
        await FinishAsync(writer, cancellationToken).ConfigureAwait(false);
        LogFile next;
        try
        {
            next = new LogFile(_log.Path);
        }
        catch (IOException)
        {
            // Rotated once more, or removed with its pod.
            return false;
        }
        _file.Dispose();
        _file = next;
        return true;
    }

    /// <summary>
    /// Copies the rest of a file that was replaced. The runtime makes the new file first, and writes what it had read of the container
    /// by then (32 KiB and more) to the old one before it closes it.
    /// </summary>
    private async Task FinishAsync(LogWriter writer, CancellationToken cancellationToken)
    {
        var quiet = TimeSpan.Zero;
        while (!writer.IsFull)
        {
            // Asked before reading: what was written until the file was closed is then read too.
            var hasWriter = _file.HasWriter();
            var moved = await DrainAsync(writer, left: null, lastRead: hasWriter == false, cancellationToken).ConfigureAwait(false);
            if (hasWriter == false)
                return;
            await writer.FlushAsync(cancellationToken).ConfigureAwait(false);
            quiet = moved ? TimeSpan.Zero : quiet + ShortestWait;
            if (quiet > (hasWriter is null ? LongestQuietUnknown : LongestQuiet))
                break;
            await Task.Delay(ShortestWait, _time, cancellationToken).ConfigureAwait(false);
        }
        await DrainAsync(writer, left: null, lastRead: true, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
