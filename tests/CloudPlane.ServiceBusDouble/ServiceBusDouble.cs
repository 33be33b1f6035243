using System.Text.RegularExpressions;

namespace CloudPlane.Doubles;

/// <summary>
/// A Service Bus namespace of the Standard tier in this process: queues, their rules and what receivers may do. It refuses what Service Bus
/// refuses. All time comes from <paramref name="time"/>, all chance from <paramref name="random"/>.
/// <see cref="ServiceBusDoubleServer"/> serves it over HTTP.
/// </summary>
public sealed partial class ServiceBusDouble
{
    private const int MaxQueues = 10_000;
    private const string Bearer = "Bearer ";

    // Taken before a queue's lock; what a queue calls under its own takes only the other one.
    private readonly Lock _lock = new();
    private readonly Lock _chance = new();
    private readonly Random _random;
    private readonly Dictionary<string, BusQueue> _queues = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> _deleted = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<AccessRule> _rules = [];

    public ServiceBusDouble(TimeProvider time, Random random)
    {
        (Time, _random) = (time, random);
        Faults = new ServiceBusFaults(new Random(random.Next()));
        Faults.OnAway(WakeAll);
        RootRule = new AccessRule("RootManageSharedAccessKey", AccessRights.All, NewKey());
        _rules.Add(RootRule);
    }

    public TimeProvider Time { get; }

    public ServiceBusFaults Faults { get; }

    /// <summary>Billed operations so far.</summary>
    public OperationMeter Meter { get; } = new();

    /// <summary>The namespace's own rule with all rights.</summary>
    public AccessRule RootRule { get; }

    /// <summary>Who may come with a token of Entra instead of a shared access signature; null for nobody.</summary>
    public RoleAssignments? Roles { get; set; }

    /// <summary>The root rule in the form "ruleName:key".</summary>
    public string RootKey => $"{RootRule.Name}:{RootRule.PrimaryKey}";

    public IReadOnlyList<string> QueueNames
    {
        get
        {
            lock (_lock)
            {
                RemoveIdle();
                return [.. _queues.Keys.Order(StringComparer.OrdinalIgnoreCase)];
            }
        }
    }

    /// <summary>A key for a rule, from the seeded source.</summary>
    public string NewKey()
    {
        var bytes = new byte[32];
        lock (_chance)
            _random.NextBytes(bytes);
        return Convert.ToBase64String(bytes);
    }

    /// <summary>Adds a rule for the whole namespace.</summary>
    /// <exception cref="BusException">The rule is not valid (400) or its name is taken (409).</exception>
    public void AddRule(AccessRule rule)
    {
        if (rule.Fault() is { } fault)
            throw new BusException(400, fault);
        lock (_lock)
        {
            if (_rules.Any(other => other.Name.Equals(rule.Name, StringComparison.OrdinalIgnoreCase)))
                throw new BusException(409, $"authorization rule {rule.Name} exists");
            _rules.Add(rule);
        }
    }

    /// <summary>Makes a queue.</summary>
    /// <exception cref="BusException">Name or settings are not valid (400), the name is taken (409), or the namespace is full
    /// (403).</exception>
    public BusQueue CreateQueue(string name, QueueSettings settings)
    {
        if (!IsQueueName(name))
            throw new BusException(400, $"'{name}' is no name of a queue: up to 260 letters, digits, '.', '-', '_' and '/', beginning and ending with a letter or digit");
        if (settings.Fault() is { } fault)
            throw new BusException(400, fault);
        lock (_lock)
        {
            RemoveIdle();
            if (_queues.ContainsKey(name))
                throw new BusException(409, $"SubCode=40900. Conflict: queue {name} exists");
            if (_queues.Count >= MaxQueues)
                throw new BusException(403, $"SubCode=40301. The namespace has {MaxQueues} queues, its quota");
            var queue = new BusQueue(this, name, settings);
            _queues.Add(name, queue);
            return queue;
        }
    }

    /// <summary>The queue of this name; <c>NAME/$DeadLetterQueue</c> is the one with its dead letters. Null when there is none.</summary>
    public BusQueue? Find(string name)
    {
        const string deadLetters = "/" + BusQueue.DeadLetterPath;
        var isDead = name.EndsWith(deadLetters, StringComparison.OrdinalIgnoreCase);
        lock (_lock)
        {
            RemoveIdle();
            var queue = _queues.GetValueOrDefault(isDead ? name[..^deadLetters.Length] : name);
            return isDead ? queue?.DeadLetters : queue;
        }
    }

    /// <summary>The queue of this name.</summary>
    /// <exception cref="BusException">There never was one (404), or it was deleted (410).</exception>
    public BusQueue Queue(string name)
    {
        if (Find(name) is { } queue)
            return queue;
        lock (_lock)
        {
            throw _deleted.Contains(name)
                ? new BusException(410, $"queue {name} does not exist any more")
                : new BusException(404, $"SubCode=40400. Not found: queue {name}");
        }
    }

    /// <summary>Removes a queue with its messages; false when there is none.</summary>
    public bool DeleteQueue(string name)
    {
        lock (_lock)
            return Remove(name);
    }

    /// <summary>Throws unless a request with this header may do this at this path of the namespace.</summary>
    /// <exception cref="BusException">401, with the reason.</exception>
    internal void Authorize(string? header, string host, string path, string queue, AccessRights right)
    {
        if (Roles is { } roles && header?.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) == true)
        {
            roles.Authorize(header[Bearer.Length..], right);
            return;
        }
        var token = SharedAccessSignature.Parse(header);
        if (!token.Covers(host, path))
            throw new BusException(401, $"InvalidAudience: The token is not for {path}.");
        if (Rule(token, queue) is not { } rule || !token.IsSignedWith(rule))
            throw new BusException(401, "InvalidSignature: The token has an invalid signature.");
        if (token.Expiry <= Time.GetUtcNow())
            throw new BusException(401, "ExpiredToken: The token is expired.");
        if (!rule.Rights.HasFlag(right))
            throw new BusException(401, $"Unauthorized access. '{right}' claim(s) are required to perform this operation.");
    }

    /// <summary>One of so many, by chance.</summary>
    internal int Choose(int count)
    {
        lock (_chance)
            return _random.Next(count);
    }

    internal Guid NewId()
    {
        var bytes = new byte[16];
        lock (_chance)
            _random.NextBytes(bytes);
        return new Guid(bytes);
    }

    internal void ThrowIfAway()
    {
        if (Faults.Away)
            throw new BusException(503, "the bus can't be reached");
    }

    /// <summary>A queue's own rules count only for a token whose resource is that queue.</summary>
    private AccessRule? Rule(SharedAccessSignature token, string queue)
    {
        bool Named(AccessRule rule) => rule.Name.Equals(token.Rule, StringComparison.OrdinalIgnoreCase);
        var own = token.Path.Length == 0 ? null : Find(queue)?.Settings.Rules.FirstOrDefault(Named);
        if (own is not null)
            return own;
        lock (_lock)
            return _rules.FirstOrDefault(Named);
    }

    private void WakeAll()
    {
        List<BusQueue> queues;
        lock (_lock)
            queues = [.. _queues.Values];
        foreach (var queue in queues)
            queue.Pulse();
    }

    private void RemoveIdle()
    {
        foreach (var name in _queues.Where(queue => queue.Value.IsIdle).Select(queue => queue.Key).ToList())
            Remove(name);
    }

    private bool Remove(string name)
    {
        if (!_queues.Remove(name, out var queue))
            return false;
        _deleted.Add(name);
        queue.Delete();
        return true;
    }

    private static bool IsQueueName(string name) => name.Length <= 260 && QueueName().IsMatch(name) && !name.Contains("//", StringComparison.Ordinal);

    [GeneratedRegex("^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?\\z")]
    private static partial Regex QueueName();
}
