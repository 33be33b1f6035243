using System.Text;

namespace CloudPlane.Client.Tests;

/// <summary>A log of changes of one resource that can forget its beginning, and counts what it is asked.</summary>
internal sealed class FakeFeed : IChangeFeed
{
    private readonly SortedDictionary<ObjectName, ReadOnlyMemory<byte>> _objects = [];
    private readonly List<FeedChange> _log = [];
    private long _head;
    private long _oldest;

    public int Lists { get; private set; }

    public int Reads { get; private set; }

    /// <summary>Awaited by each read.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public void Put<T>(T value) where T : class, IKubernetesObject<T>
    {
        lock (_log)
        {
            var name = ObjectName.Of(value.Metadata);
            var document = ModelJson.ToBytes(value);
            _log.Add(new FeedChange(++_head, false, document, _objects.GetValueOrDefault(name)));
            _objects[name] = document;
        }
    }

    public void Put(string json)
    {
        lock (_log) _log.Add(new FeedChange(++_head, false, Encoding.UTF8.GetBytes(json), default));
    }

    public void Delete(string ns, string name)
    {
        lock (_log)
        {
            if (_objects.Remove(new ObjectName(ns, name), out var last)) _log.Add(new FeedChange(++_head, true, last, last));
        }
    }

    public void ForgetLog() => _oldest = _head;

    public ValueTask<FeedSnapshot> ListAsync(string resource, CancellationToken cancellationToken)
    {
        lock (_log)
        {
            Lists++;
            return ValueTask.FromResult(new FeedSnapshot(_head, [.. _objects.Values]));
        }
    }

    public ValueTask<long> GetHeadAsync(string resource, CancellationToken cancellationToken)
    {
        lock (_log) return ValueTask.FromResult(_head);
    }

    public async ValueTask<IReadOnlyList<FeedChange>?> ReadAsync(string resource, long after, CancellationToken cancellationToken)
    {
        await Gate.WaitAsync(cancellationToken);
        lock (_log)
        {
            Reads++;
            return after < _oldest ? null : [.. _log.Where(c => c.Revision > after).Take(7)];
        }
    }

    public ValueTask WaitAsync(string resource, long after, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}
