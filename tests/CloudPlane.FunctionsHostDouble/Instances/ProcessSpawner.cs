using System.Collections.Concurrent;
using System.Diagnostics;

namespace CloudPlane.Doubles;

/// <summary>
/// Starts handlers that end with this process however it ends: the kernel kills them when their parent dies. To the kernel the parent is the
/// thread that forked (prctl(2), PR_SET_PDEATHSIG), so all are forked by one thread that lives until this is disposed.
/// </summary>
internal sealed class ProcessSpawner : IDisposable
{
    private readonly BlockingCollection<(ProcessStartInfo Start, TaskCompletionSource<Process> Started)> _requests = [];
    private readonly Thread _thread;

    public ProcessSpawner()
    {
        _thread = new Thread(Run) { IsBackground = true, Name = "handlers' parent" };
        _thread.Start();
    }

    /// <summary>Executes a program with exactly this environment; its stdout and stderr are appended to a file.</summary>
    public Task<Process> StartAsync(
        string program, IEnumerable<string> arguments, string directory, IReadOnlyDictionary<string, string> environment, string logFile)
    {
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = directory };
        string[] shell = ["-c", "exec setpriv --pdeathsig KILL -- \"$@\" >>\"$0\" 2>&1 </dev/null", logFile, program, .. arguments];
        foreach (var argument in shell)
            start.ArgumentList.Add(argument);
        start.Environment.Clear();
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _requests.Add((start, started));
        return started.Task;
    }

    /// <summary>Kills every handler that still runs.</summary>
    public void Dispose()
    {
        _requests.CompleteAdding();
        _thread.Join();
        _requests.Dispose();
    }

    private void Run()
    {
        foreach (var (start, started) in _requests.GetConsumingEnumerable())
        {
            try
            {
                started.SetResult(Process.Start(start)!);
            }
            catch (Exception e)
            {
                started.SetException(e);
            }
        }
    }
}
