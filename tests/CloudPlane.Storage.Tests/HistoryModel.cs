namespace CloudPlane.Storage.Tests;

/// <summary>A partition as plainly as it can be said: a list of everything that ever happened. Slow, and obviously right.</summary>
internal sealed class HistoryModel
{
    private readonly List<Event> _events = [];

    public long Head => _events.Count;

    public long Compacted { get; private set; }

    public static HistoryModel Replay(IEnumerable<Change> log)
    {
        var model = new HistoryModel();
        foreach (var change in log)
            model._events.Add(new(change.Key, change.Kind == ChangeKind.Deleted, change.Document.Text(), Guid.Empty));
        return model;
    }

    public string Write(Write write, string text)
    {
        var last = _events.FindLastIndex(e => e.Key == write.Key);
        var currentRevision = last < 0 || _events[last].Deleted ? 0 : last + 1;
        if (last >= 0 && _events[last].OperationId == write.OperationId)
            return $"Committed {write.Key}@{last + 1} {_events[last].Text}";
        if (currentRevision != write.ExpectedRevision || write.Delete && currentRevision == 0)
            return $"Conflict {(currentRevision == 0 ? "" : $"{write.Key}@{currentRevision} {_events[last].Text}")}";
        _events.Add(new(write.Key, write.Delete, Documents.Text(Head + 1, text), write.OperationId));
        return $"Committed {write.Key}@{Head} {_events[^1].Text}";
    }

    public void Compact(long revision) => Compacted = Math.Max(Compacted, revision);

    public string[] ListAt(long revision) => [.. ObjectsAt(revision).Select(o => $"{o.Key}@{o.Value} {_events[(int)o.Value - 1].Text}")];

    public SortedDictionary<ObjectKey, long> ObjectsAt(long revision)
    {
        var objects = new SortedDictionary<ObjectKey, long>();
        for (var i = 0; i < revision; i++)
        {
            objects.Remove(_events[i].Key);
            if (!_events[i].Deleted)
                objects.Add(_events[i].Key, i + 1);
        }
        return objects;
    }

    public string[] LogAfter(long revision) => [.. Enumerable.Range(0, _events.Count).Skip((int)revision).Select(LogLine)];

    private string LogLine(int index)
    {
        var (key, deleted, text, _) = _events[index];
        var previous = index == 0 ? null : _events.Take(index).LastOrDefault(e => e.Key == key) is { Deleted: false } p ? p.Text : null;
        var kind = deleted ? ChangeKind.Deleted : previous is null ? ChangeKind.Added : ChangeKind.Modified;
        return $"{index + 1} {kind} {key} {text} (was {previous})";
    }

    private sealed record Event(ObjectKey Key, bool Deleted, string Text, Guid OperationId);
}
