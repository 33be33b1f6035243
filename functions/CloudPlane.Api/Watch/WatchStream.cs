using System.Buffers;
using System.Text;
using CloudPlane.Storage;

namespace CloudPlane.Api;

/// <summary>Turns changes into one watcher's events: its selection, its output form.</summary>
internal sealed class WatchStream(Operation operation, Selection selection, OutputForm form, Responder responder)
{
    private readonly TableWriter? _table = form.Shape == OutputShape.Table ? responder.Table(operation, form) : null;
    private bool _columnsSent;

    /// <summary>The event of a change, if this watcher is to see one.</summary>
    public void Write(WatchEntry entry)
    {
        var change = entry.Change;
        if (operation.Namespace.Length > 0 && change.Key.Namespace != operation.Namespace)
            return;
        var before = change.Kind != ChangeKind.Added && Matches(change.Previous.IsEmpty ? change.Document : change.Previous);
        var after = change.Kind != ChangeKind.Deleted && Matches(change.Document);
        if (before && !after && change.Kind == ChangeKind.Modified)
            // It left the selection: the watcher is shown what it last saw, at the revision at which it left.
            WriteObject(WatchEventType.Deleted, Documents.WithRevision(change.Previous, change.Revision));
        else if (before || after)
            WriteShared(entry, after ? before ? WatchEventType.Modified : WatchEventType.Added : WatchEventType.Deleted);
    }

    /// <summary>An object that is there at the start.</summary>
    public void WriteInitial(ReadOnlyMemory<byte> document) => WriteObject(WatchEventType.Added, document);

    /// <summary>A bookmark: everything up to the revision has been sent.</summary>
    public void WriteBookmark(long revision, bool endOfInitialEvents)
    {
        var annotations = endOfInitialEvents ? ",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}" : "";
        var metadata = $"{{\"resourceVersion\":\"{revision}\",\"creationTimestamp\":null{annotations}}}";
        var bookmark = form.Shape switch
        {
            OutputShape.Table => _table!.Write([], Encoding.UTF8.GetBytes($"{{\"resourceVersion\":\"{revision}\"}}"), TakeColumns()),
            OutputShape.PartialObject => Encoding.UTF8.GetBytes($"{{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/{form.Version}\",\"metadata\":{metadata}}}"),
            _ => Encoding.UTF8.GetBytes($"{{\"kind\":\"{operation.Resource.Kind}\",\"apiVersion\":\"{operation.Resource.ApiVersion}\",\"metadata\":{metadata}}}"),
        };
        WatchFrames.Write(operation.Response.Body, WatchEventType.Bookmark, bookmark.Span);
    }

    /// <summary>A failure after the answer has begun.</summary>
    public void WriteError(ApiStatusException failure) =>
        WatchFrames.Write(operation.Response.Body, WatchEventType.Error, StatusDocuments.Failure(failure).Span);

    private bool Matches(ReadOnlyMemory<byte> document) => selection.IsEverything || selection.Objects.Matches(document.Span);

    private void WriteShared(WatchEntry entry, WatchEventType type)
    {
        if (form.Shape == OutputShape.Object)
            operation.Response.Body.Write(entry.Frame(type).Span);
        else
            WriteObject(type, entry.Change.Document);
    }

    private void WriteObject(WatchEventType type, ReadOnlyMemory<byte> document)
    {
        var shown = form.Shape switch
        {
            OutputShape.Table => _table!.Write([document], Revision(document), TakeColumns()),
            OutputShape.PartialObject => PartialObjects.Of(document, form.Version),
            _ => document,
        };
        WatchFrames.Write(operation.Response.Body, type, shown.Span);
    }

    private static byte[] Revision(ReadOnlyMemory<byte> document)
    {
        var revision = Documents.Member(Documents.Member(document, "metadata"u8), "resourceVersion"u8);
        return [.. "{\"resourceVersion\":"u8, .. revision.Span, (byte)'}'];
    }

    private bool TakeColumns()
    {
        var first = !_columnsSent;
        _columnsSent = true;
        return first;
    }
}
