using System.Globalization;
using System.Text;

namespace CloudPlane.Storage;

/// <summary>
/// Makes a directory this store's own while it lives: two writers would each hand out the same revisions. The kernel releases the
/// lock when the process ends, however it ends.
/// </summary>
internal sealed class DirectoryLock : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly FileStream _file;

    private DirectoryLock(FileStream file) => _file = file;

    /// <summary>Locks, waiting shortly for a predecessor that is about to end.</summary>
    public static DirectoryLock Take(string directory)
    {
        var path = Path.Combine(directory, "state.lock");
        var deadline = TimeProvider.System.GetTimestamp() + (long)(Patience.TotalSeconds * TimeProvider.System.TimestampFrequency);
        while (true)
        {
            try
            {
                // FileShare.None is flock(LOCK_EX) on Unix.
                var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                file.SetLength(0);
                file.Write(Encoding.UTF8.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
                file.Flush();
                return new(file);
            }
            catch (IOException e) when (TimeProvider.System.GetTimestamp() >= deadline)
            {
                throw new StoreUnavailableException($"{directory} is in use by another CloudPlane: {e.Message}", e);
            }
            catch (IOException)
            {
                Thread.Sleep(50);
            }
            catch (UnauthorizedAccessException e)
            {
                throw new StoreUnavailableException($"{path}: {e.Message}", e);
            }
        }
    }

    public void Dispose() => _file.Dispose();
}
