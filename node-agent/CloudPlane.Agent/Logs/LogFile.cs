using System.Globalization;
using System.Runtime.InteropServices;

namespace CloudPlane.Agent;

/// <summary>An open log file, read line by line while the runtime appends to it and while it may be renamed by rotation.</summary>
internal sealed partial class LogFile : IDisposable
{
    // The runtime's lines are at most 16 KiB (max_container_log_line_size); a line that never ends must not eat the node's memory.
    private const int MaxLine = 1024 * 1024;

    // fcntl(2), the same on all of Linux: F_SETLEASE with F_RDLCK and F_UNLCK; EAGAIN.
    private const int SetLease = 1024;
    private const int ReadLease = 0;
    private const int NoLease = 2;
    private const int Again = 11;

    private readonly string _path;
    private readonly FileStream _file;
    private byte[] _buffer = new byte[32 * 1024];
    private int _start;
    private int _end;

    /// <exception cref="IOException">It is not there.</exception>
    public LogFile(string path)
    {
        _path = path;
        // Unbuffered: lines are cut from a buffer of our own.
        _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }

    /// <summary>Continues at the last lines.</summary>
    public void GoToTail(long lines)
    {
        _file.Position = LogTail.FindStart(_file, lines);
        _start = _end = 0;
    }

    /// <summary>
    /// The next line with its line feed; empty when there is none yet. What follows the last line feed is a line only when it is
    /// <paramref name="last"/>: otherwise the rest of it is still being written. Valid until the next call.
    /// </summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadLineAsync(bool last, CancellationToken cancellationToken)
    {
        var searched = _start;
        while (true)
        {
            var at = _buffer.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (at >= 0)
                return Take(searched + at + 1 - _start);
            searched = _end;
            if (_end - _start >= MaxLine)
                return Take(_end - _start);
            searched -= MakeRoom();
            var read = await _file.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            _end += read;
            if (read == 0)
                return last ? Take(_end - _start) : default;
        }
    }

    /// <summary>Whether the path is another file by now. Linux tells the name that an open file has at present.</summary>
    public bool IsReplaced() => Path.GetFileName(CurrentName()) != Path.GetFileName(_path) && File.Exists(_path);

    /// <summary>
    /// Whether anybody has the file open for writing; null where the file system can't tell. The kernel grants a lease for reading only
    /// when nobody has (fcntl(2)). Not for the file at the path itself: its writer would have to wait for the lease to end.
    /// </summary>
    public bool? HasWriter()
    {
        var descriptor = (int)_file.SafeFileHandle.DangerousGetHandle();
        if (Control(descriptor, SetLease, ReadLease) != 0)
            return Marshal.GetLastPInvokeError() == Again ? true : null;
        _ = Control(descriptor, SetLease, NoLease);
        return false;
    }

    private string? CurrentName() =>
        File.ResolveLinkTarget(
            string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{_file.SafeFileHandle.DangerousGetHandle()}"), returnFinalTarget: false)?.FullName;

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int descriptor, int command, int argument);

    private ReadOnlyMemory<byte> Take(int length)
    {
        var line = _buffer.AsMemory(_start, length);
        _start += length;
        return line;
    }

    /// <summary>Makes room behind the unfinished line; returns by how much it moved to the front.</summary>
    private int MakeRoom()
    {
        var moved = _start;
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }
        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        return moved;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
