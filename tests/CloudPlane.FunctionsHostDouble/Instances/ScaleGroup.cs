namespace CloudPlane.Doubles;

/// <summary>
/// Functions that share instances: all HTTP functions together, every other function alone. No instance without work; one more when those that
/// run have as many executions as they take; executions go round.
/// </summary>
/// <param name="spread">How many instances the first execution starts.</param>
/// <param name="concurrency">Executions that an instance takes before another is started.</param>
internal sealed class ScaleGroup(
    string name, int spread, int concurrency, FunctionApp app, FunctionsHostOptions options, ProcessSpawner spawner, Chance chance)
{
    private const double MegabytesOfGigabyte = 1024;

    private readonly Lock _lock = new();
    private readonly List<HostInstance> _instances = [];
    private readonly List<HostInstance> _ended = [];
    private readonly Dictionary<HostInstance, ITimer> _idle = [];
    private readonly Dictionary<HostInstance, object> _seats = [];
    private int _started;
    private uint _turn;
    private bool _stopped;

    public string Name => name;

    public IReadOnlyList<HostInstance> Instances
    {
        get
        {
            lock (_lock)
                return [.. _instances.Where(i => !i.Gone.IsCancellationRequested)];
        }
    }

    /// <summary>What it used so far, instances that have ended included.</summary>
    public GroupUsage Usage()
    {
        lock (_lock)
        {
            List<HostInstance> all = [.. _ended, .. _instances];
            var times = all.Select(i => i.Meter.Read()).ToList();
            var billed = times.Sum(t => t.Billed.TotalSeconds);
            return new GroupUsage(
                name, all.Count, all.Sum(i => i.Meter.Executions), times.Sum(t => t.Active.TotalSeconds), billed,
                billed * options.InstanceMemoryMB / MegabytesOfGigabyte, all.Select(i => i.PeakMemory).DefaultIfEmpty().Max());
        }
    }

    /// <summary>Gives an execution its instance, which may yet have to start; that time is billed here, on the safe side.</summary>
    public Execution Begin()
    {
        lock (_lock)
        {
            if (_stopped)
                throw new InstanceGoneException(name, vanished: true);
            RemoveGone();
            while (_instances.Count < spread)
                StartOne();
            if (_instances.All(i => i.Executions >= concurrency) && _instances.Count < options.MaximumInstances)
                StartOne();
            return Begin(Choose());
        }
    }

    /// <summary>The same for a loop that stays on its instance, alone, for as long as that lives.</summary>
    public Execution Begin(object seat)
    {
        lock (_lock)
        {
            if (_stopped)
                throw new InstanceGoneException(name, vanished: true);
            RemoveGone();
            var instance = _instances.Find(i => _seats.GetValueOrDefault(i) == seat) ?? _instances.Find(i => !_seats.ContainsKey(i));
            if (instance is null)
            {
                StartOne();
                instance = _instances[^1];
            }

            _seats[instance] = seat;
            return Begin(instance);
        }
    }

    /// <summary>Makes the loop's instance free for another.</summary>
    public void Leave(object seat)
    {
        lock (_lock)
        {
            foreach (var instance in _instances.Where(i => _seats.GetValueOrDefault(i) == seat))
                _seats.Remove(instance);
        }
    }

    public void End(HostInstance instance)
    {
        lock (_lock)
        {
            instance.Meter.End();
            if (instance.Executions == 0 && _instances.Contains(instance))
                _idle[instance] = options.Time.CreateTimer(_ => RetireIfIdle(instance), null, options.ScaleToZeroAfter, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Ends all instances, as a machine ends: at once.</summary>
    public async Task StopAsync()
    {
        List<HostInstance> instances;
        lock (_lock)
        {
            _stopped = true;
            instances = [.. _instances];
            foreach (var timer in _idle.Values)
                timer.Dispose();
            _idle.Clear();
        }

        foreach (var instance in instances)
            instance.Vanish();
        await Task.WhenAll(instances.Select(i => i.Completion));
    }

    private Execution Begin(HostInstance instance)
    {
        if (_idle.Remove(instance, out var timer))
            timer.Dispose();
        instance.Meter.Begin();
        return new Execution(this, instance, chance.NewId());
    }

    /// <summary>The next in turn that takes another execution; when none does, the one with the fewest.</summary>
    private HostInstance Choose()
    {
        for (var i = 0; i < _instances.Count; i++)
        {
            var instance = _instances[(int)(_turn++ % (uint)_instances.Count)];
            if (instance.Executions < concurrency)
                return instance;
        }

        return _instances.MinBy(i => i.Executions)!;
    }

    private void StartOne() => _instances.Add(new HostInstance($"{name.Replace(':', '-')}-{++_started}", name, app, options, spawner, chance));

    private void RemoveGone()
    {
        foreach (var gone in _instances.Where(i => i.Gone.IsCancellationRequested).ToList())
            Remove(gone);
    }

    private void Remove(HostInstance instance)
    {
        if (_idle.Remove(instance, out var timer))
            timer.Dispose();
        _instances.Remove(instance);
        _seats.Remove(instance);
        _ended.Add(instance);
    }

    private void RetireIfIdle(HostInstance instance)
    {
        lock (_lock)
        {
            if (instance.Executions > 0 || !_instances.Contains(instance))
                return;
            Remove(instance);
        }

        instance.Vanish();
    }
}
