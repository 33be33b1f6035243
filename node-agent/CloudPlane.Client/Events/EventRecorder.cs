using System.Globalization;

namespace CloudPlane.Client;

/// <summary>
/// Writes core/v1 Events. The same thing said again about the same object counts up its event instead of making another.
/// Events are best effort: a refusal or a broken connection is swallowed, and <see cref="RecordAsync"/> says so.
/// </summary>
/// <param name="client">Where to.</param>
/// <param name="component">Who reports, e.g. "default-scheduler".</param>
/// <param name="host">The node it runs on, or null.</param>
/// <param name="time">The clock.</param>
public sealed class EventRecorder(ApiClient client, string component, string? host, TimeProvider time)
{
    // events.k8s.io limits a note to 1024 bytes; core events get the same so that both views can show them.
    private const int LongestMessage = 1024;

    // What an object's name may have before ".<16 hex digits>" makes it 253 long.
    private const int LongestNamePrefix = 236;

    private readonly EventCache _seen = new();

    /// <summary>An event of type Normal.</summary>
    public Task<bool> NormalAsync(ObjectReference about, string reason, string message, CancellationToken cancellationToken) =>
        RecordAsync(about, "Normal", reason, message, time.GetUtcNow(), cancellationToken);

    /// <summary>An event of type Warning.</summary>
    public Task<bool> WarningAsync(ObjectReference about, string reason, string message, CancellationToken cancellationToken) =>
        RecordAsync(about, "Warning", reason, message, time.GetUtcNow(), cancellationToken);

    /// <summary>Writes or counts up the event of something that happened then; false when it could not be written.</summary>
    public async Task<bool> RecordAsync(
        ObjectReference about, string type, string reason, string message, DateTimeOffset at, CancellationToken cancellationToken)
    {
        if (message.Length > LongestMessage) message = message[..LongestMessage];
        var key = new EventKey(about.Kind, about.Namespace, about.Name, about.Uid, about.FieldPath, type, reason, message);
        try
        {
            if (!_seen.TryCountUp(key, out var known) || !await CountUpAsync(known, at, cancellationToken).ConfigureAwait(false))
                _seen.Add(key, await CreateAsync(about, key, at, cancellationToken).ConfigureAwait(false));
            return true;
        }
        catch (Exception e) when (e is ApiException or ApiUnreachableException)
        {
            return false;
        }
    }

    private async Task<SeenEvent> CreateAsync(ObjectReference about, EventKey key, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var name = about.Name is { Length: > LongestNamePrefix } longName ? longName[..LongestNamePrefix] : about.Name;
        var made = await client.CreateAsync(
            new Event
            {
                Metadata = new ObjectMeta
                {
                    Name = string.Create(CultureInfo.InvariantCulture, $"{name}.{(now - DateTimeOffset.UnixEpoch).Ticks * 100:x16}"),
                    // Events about cluster-scoped objects live in default.
                    Namespace = string.IsNullOrEmpty(about.Namespace) ? "default" : about.Namespace,
                },
                InvolvedObject = about,
                Type = key.Type,
                Reason = key.Reason,
                Message = key.Message,
                Source = new EventSource { Component = component, Host = host },
                ReportingComponent = component,
                ReportingInstance = host ?? "",
                FirstTimestamp = now,
                LastTimestamp = now,
                Count = 1,
            },
            cancellationToken).ConfigureAwait(false);
        return new SeenEvent(made.Metadata.Namespace!, made.Metadata.Name!, 1);
    }

    /// <summary>False when the event is gone (expired): then it is made anew.</summary>
    private async Task<bool> CountUpAsync(SeenEvent seen, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var patch = ModelJson.ToPatch(writer =>
        {
            FieldWriter.Value(writer, "count"u8, seen.Count);
            FieldWriter.Time(writer, "lastTimestamp"u8, at);
        });
        try
        {
            await client.PatchAsync<Event>(seen.Namespace, seen.Name, PatchKind.Merge, patch, null, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ApiException e) when (e.IsNotFound)
        {
            return false;
        }
    }
}
