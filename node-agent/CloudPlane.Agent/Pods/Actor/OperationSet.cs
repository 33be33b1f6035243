namespace CloudPlane.Agent;

/// <summary>
/// What a pod's actor has under way, by key: one operation per key at a time. Operations run beside the actor's loop and touch none of
/// its state; what they return is applied by the loop.
/// </summary>
internal sealed class OperationSet(Action<PodMessage> post, AgentLog log, string subject)
{
    private readonly Dictionary<string, Task> _running = [];

    public bool Any => _running.Count > 0;

    public bool Running(string key) => _running.ContainsKey(key);

    public bool RunningAny(string prefix) => _running.Keys.Any(k => k.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>Starts work; its result, or for a failure nobody foresaw <paramref name="failed"/>, is applied by the loop.</summary>
    public void Start(string key, Func<Task<Action>> work, Action? failed = null)
    {
        if (!_running.ContainsKey(key)) _running[key] = RunAsync(key, work, failed);
    }

    private async Task RunAsync(string key, Func<Task<Action>> work, Action? failed)
    {
        // The loop goes on at once; also, the key must be known before the result is applied.
        await Task.Yield();
        Action apply;
        try
        {
            apply = await work().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            apply = () => { };
        }
        catch (Exception e)
        {
            log.Warn($"{subject}: {key}: {e.GetType().Name}: {e.Message}");
            apply = failed ?? (() => { });
        }
        post(new PodMessage.Apply(() =>
        {
            _running.Remove(key);
            apply();
        }));
    }
}
