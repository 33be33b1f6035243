using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json.Nodes;
using CloudPlane.Client;

namespace CloudPlane.Controllers.Tests;

/// <summary>How a simulated cluster misbehaves; all chances are per opportunity, from 0 to 1.</summary>
internal sealed record Faults
{
    /// <summary>A reconciler dies before a call of its reaches the server.</summary>
    public double CrashBefore { get; init; }

    /// <summary>A reconciler dies after a call of its was carried out, without having seen the answer.</summary>
    public double CrashAfter { get; init; }

    /// <summary>A message is delivered once more, later.</summary>
    public double Duplicate { get; init; }

    /// <summary>A message is late, by up to 5 s.</summary>
    public double Delay { get; init; }

    /// <summary>A key is worked on while an earlier run for it still goes on, which the bus promises never to do, but a lost lock can.</summary>
    public double Overlap { get; init; }
}

/// <summary>
/// The controllers over a fake API, single-threaded: each step either delivers a message, lets one waiting API call through, or moves the
/// clock. A seed decides which, so a run can be repeated exactly.
/// </summary>
internal sealed class SimulatedCluster : IApiTransport
{
    private readonly Random _random;
    private readonly Faults _faults;
    private readonly Dictionary<string, long> _positions = [];
    private readonly ControllerOptions _options;
    private Dictionary<string, IReconciler> _reconcilers;
    private readonly List<(DateTimeOffset Due, ReconcileMessage Message)> _messages = [];
    private readonly List<PendingCall> _calls = [];
    private readonly Dictionary<(string, ReconcileKey), int> _running = [];
    private readonly Dictionary<(string, ReconcileKey), int> _failures = [];

    private readonly ISimulatedServer _server;

    public SimulatedCluster(
        int seed = 1, Faults? faults = null, ControllerOptions? options = null, Func<TimeProvider, Random, ISimulatedServer>? server = null)
    {
        _random = new Random(seed);
        _faults = faults ?? new Faults();
        _server = (server ?? ((time, random) => new FakeApi(time, random)))(Time, new Random(seed + 1));
        _options = options ?? new ControllerOptions();
        Client = new ApiClient(new Direct(this));
        Restart();
        foreach (var ns in new[] { "default", "kube-system", "kube-node-lease" })
        {
            if (Find<Namespace>("", ns) is null)
            {
                Create($$"""{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"{{ns}}"} }""", "namespaces");
            }
        }
    }

    public ManualTime Time { get; } = new();

    /// <summary>Told of every write right after it happened: where invariants are checked.</summary>
    public Action? OnChange { get; set; }

    /// <summary>Every mutating call and how it was answered, in order.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>A client past the faults: the test's own hands.</summary>
    public ApiClient Client { get; }

    public ControllerSet Controllers { get; private set; }

    /// <summary>What acts besides the controllers (nodes, a scheduler); called at every step, says whether it did something.</summary>
    public List<Func<bool>> Actors { get; } = [];

    /// <summary>Errors of reconcilers that are neither lost races nor injected.</summary>
    public List<string> Errors { get; } = [];

    /// <summary>A resource's objects as they are stored.</summary>
    public IEnumerable<JsonObject> Documents(string resource) =>
        _server.Feed.ListAsync(resource, default).Result.Objects.Select(document => JsonNode.Parse(document.Span)!.AsObject());

    /// <summary>One call, past the faults.</summary>
    public ApiAnswer Send(ApiCall call)
    {
        var answer = _server.Send(call);
        if (call.Method != "GET")
        {
            Calls.Add($"{call.Method} {call.PathAndQuery} {answer.StatusCode}");
            OnChange?.Invoke();
        }
        return answer;
    }

    public void Create(string json, string resource)
    {
        var value = JsonNode.Parse(json)!;
        var group = resource.Contains('/') ? $"/apis/{resource.Split('/')[0]}/v1" : "/api/v1";
        var ns = (string?)value["metadata"]!["namespace"];
        var path = $"{group}/{(ns is null ? "" : $"namespaces/{ns}/")}{resource.Split('/')[^1]}";
        var answer = Send(new ApiCall("POST", path, Encoding.UTF8.GetBytes(json)));
        if (answer.StatusCode != 201)
        {
            throw new InvalidOperationException(Encoding.UTF8.GetString(answer.Body.Span));
        }
    }

    public T? Find<T>(string ns, string name) where T : class, IKubernetesObject<T> => Client.GetAsync<T>(ns, name, default).GetAwaiter().GetResult();

    public T Get<T>(string ns, string name) where T : class, IKubernetesObject<T> => Find<T>(ns, name) ?? throw new InvalidOperationException($"no {typeof(T).Name} {ns}/{name}");

    public IReadOnlyList<T> List<T>(string ns = "") where T : class, IKubernetesObject<T> => Client.ListAsync<T>(ns, null, default).GetAwaiter().GetResult().Items;

    /// <summary>Reads, changes and replaces an object, past the faults.</summary>
    public void Change<T>(string ns, string name, Func<T, T> change) where T : class, IKubernetesObject<T> =>
        Client.UpdateAsync(change(Get<T>(ns, name)), default).GetAwaiter().GetResult();

    public void ChangeStatus<T>(string ns, string name, Func<T, T> change) where T : class, IKubernetesObject<T> =>
        Client.UpdateStatusAsync(change(Get<T>(ns, name)), default).GetAwaiter().GetResult();

    public void Delete<T>(string ns, string name, string? policy = null, long? grace = null) where T : class, IKubernetesObject<T> =>
        Client.DeleteAsync<T>(ns, name, new DeleteOptions { PropagationPolicy = policy, GracePeriodSeconds = grace }, default).GetAwaiter().GetResult();

    /// <summary>Runs until nothing is left to do at the present time.</summary>
    public void Settle(int steps = 200_000)
    {
        // Continuations run inline only where no synchronization context catches them.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            while (Step())
            {
                if (--steps == 0)
                {
                    throw new InvalidOperationException($"doesn't settle; waiting: {string.Join(", ", _messages.Take(5))}; last calls: {string.Join("; ", Calls.TakeLast(10))}");
                }
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    /// <summary>Lets time pass, stopping wherever something becomes due.</summary>
    public void Run(TimeSpan duration, TimeSpan? tick = null)
    {
        var end = Time.Now + duration;
        Settle();
        while (Time.Now < end)
        {
            var next = _messages.Select(message => message.Due).Where(due => due > Time.Now).Append(Time.Now + (tick ?? TimeSpan.FromSeconds(1))).Min();
            Time.Advance((next < end ? next : end) - Time.Now);
            Settle();
        }
    }

    /// <summary>This instance of the controllers dies with all that it remembers, and another one starts with a look at everything.</summary>
    [MemberNotNull(nameof(Controllers), nameof(_reconcilers))]
    public void Restart()
    {
        _messages.Clear();
        _calls.Clear();
        _running.Clear();
        _positions.Clear();
        Controllers = new ControllerSet(new ApiClient(this), new Replicas(_server.Feed), _server.Feed, Time, new Random(_random.Next()), _options, []);
        _reconcilers = Controllers.Registrations.ToDictionary(registration => registration.Reconciler.Name, registration => registration.Reconciler);
        foreach (var resource in Controllers.Router.Resources)
        {
            var all = _server.Feed.ListAsync(resource, default).Result;
            _positions[resource] = all.Revision;
            foreach (var document in all.Objects)
            {
                Route(resource, new FeedChange(all.Revision, false, document, default));
            }
        }
    }

    ValueTask<ApiAnswer> IApiTransport.SendAsync(ApiCall call, CancellationToken cancellationToken)
    {
        if (call.Method == "GET")
        {
            return ValueTask.FromResult(Send(call));
        }
        var pending = new PendingCall(call, new TaskCompletionSource<ApiAnswer>());
        _calls.Add(pending);
        return new ValueTask<ApiAnswer>(pending.Answer.Task);
    }

    ValueTask<ApiStreamAnswer> IApiTransport.OpenAsync(ApiCall call, CancellationToken cancellationToken) => throw new NotSupportedException();

    private bool Step()
    {
        foreach (var resource in Controllers.Router.Resources)
        {
            var position = _positions.GetValueOrDefault(resource);
            if (position < _server.Feed.GetHeadAsync(resource, default).Result)
            {
                var change = _server.Feed.ReadAsync(resource, position, default).Result![0];
                Route(resource, change);
                _positions[resource] = change.Revision;
                return true;
            }
        }
        var due = _messages.Select((message, index) => (message, index)).Where(entry => entry.message.Due <= Time.Now && MayStart(entry.message.Message)).ToList();
        var acted = Actors.Aggregate(false, (any, actor) => actor() || any);
        if (due.Count + _calls.Count == 0)
        {
            return acted;
        }
        var choice = _random.Next(due.Count + _calls.Count);
        if (choice < due.Count)
        {
            _messages.RemoveAt(due[choice].index);
            Start(due[choice].message.Message);
        }
        else
        {
            Answer(_calls[choice - due.Count]);
        }
        return true;
    }

    private bool MayStart(ReconcileMessage message) =>
        _running.GetValueOrDefault((message.Controller, message.Key)) == 0 || (_faults.Overlap > 0 && _random.NextDouble() < _faults.Overlap);

    private void Route(string resource, FeedChange change)
    {
        foreach (var message in Controllers.Router.RouteAsync(resource, change, default).AsTask().GetAwaiter().GetResult())
        {
            var delay = _random.NextDouble() < _faults.Delay ? TimeSpan.FromSeconds(5 * _random.NextDouble()) : TimeSpan.Zero;
            Enqueue(message, delay);
            if (_random.NextDouble() < _faults.Duplicate)
            {
                _messages.Add((Time.Now + TimeSpan.FromSeconds(2 * _random.NextDouble()), message));
            }
        }
    }

    private void Enqueue(ReconcileMessage message, TimeSpan delay)
    {
        var due = Time.Now + delay;
        if (!_messages.Any(waiting => waiting.Message.Controller == message.Controller && waiting.Message.Key == message.Key && waiting.Due <= due))
        {
            _messages.Add((due, message with { Revision = 0 }));
        }
    }

    private void Start(ReconcileMessage message)
    {
        var id = (message.Controller, message.Key);
        _running[id] = _running.GetValueOrDefault(id) + 1;
        _ = RunAsync(message, id);
    }

    private async Task RunAsync(ReconcileMessage message, (string, ReconcileKey) id)
    {
        TimeSpan? wanted = null;
        try
        {
            var result = await _reconcilers[message.Controller].ReconcileAsync(message.Key, CancellationToken.None).ConfigureAwait(false);
            wanted = result.RequeueAfter;
            result.Failure?.Throw();
            _failures.Remove(id);
            if (wanted is { } delay)
            {
                Enqueue(message, delay);
            }
        }
        catch (Exception error)
        {
            if (error is not (SimulatedCrashException or ApiException { IsConflict: true }))
            {
                Errors.Add($"{message.Controller} {message.Key}: {error}");
            }
            var failures = _failures[id] = _failures.GetValueOrDefault(id) + 1;
            var delay = TimeSpan.FromMilliseconds(5 * Math.Pow(2, Math.Min(failures, 12)));
            Enqueue(message, wanted < delay ? wanted.Value : delay);
        }
        finally
        {
            _running[id]--;
        }
    }

    private void Answer(PendingCall pending)
    {
        _calls.Remove(pending);
        if (_random.NextDouble() < _faults.CrashBefore)
        {
            pending.Answer.SetException(new SimulatedCrashException());
            return;
        }
        var answer = Send(pending.Call);
        if (_random.NextDouble() < _faults.CrashAfter)
        {
            pending.Answer.SetException(new SimulatedCrashException());
            return;
        }
        pending.Answer.SetResult(answer);
    }

    private sealed record PendingCall(ApiCall Call, TaskCompletionSource<ApiAnswer> Answer);

    private sealed class SimulatedCrashException : Exception;

    /// <summary>The way past the faults.</summary>
    private sealed class Direct(SimulatedCluster cluster) : IApiTransport
    {
        public ValueTask<ApiAnswer> SendAsync(ApiCall call, CancellationToken cancellationToken) => ValueTask.FromResult(cluster.Send(call));

        public ValueTask<ApiStreamAnswer> OpenAsync(ApiCall call, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
