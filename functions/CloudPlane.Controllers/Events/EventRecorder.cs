using CloudPlane.Client;

namespace CloudPlane.Controllers;

/// <summary>
/// Writes core/v1 Events as client-go's recorder does: a repeated event counts up instead of making another object. Events are an aid
/// for people: one that can't be written is dropped and never fails the work that it tells of.
/// </summary>
internal sealed class EventRecorder(ApiClient api, TimeProvider time, string component)
{
    private const int MostRemembered = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<EventIdentity, Event> _written = [];
    private int _sequence;

    public Task NormalAsync<T>(T about, string reason, string message, CancellationToken cancellationToken) where T : class, IKubernetesObject<T> =>
        RecordAsync(about, "Normal", reason, message, cancellationToken);

    public Task WarningAsync<T>(T about, string reason, string message, CancellationToken cancellationToken) where T : class, IKubernetesObject<T> =>
        RecordAsync(about, "Warning", reason, message, cancellationToken);

    private async Task RecordAsync<T>(T about, string type, string reason, string message, CancellationToken cancellationToken)
        where T : class, IKubernetesObject<T>
    {
        var identity = new EventIdentity(about.Metadata.Uid, type, reason, message);
        try
        {
            var repeated = Remembered(identity) is { } earlier ? await CountUpAsync(earlier, cancellationToken).ConfigureAwait(false) : null;
            var written = repeated ?? await api.CreateAsync(New(about, type, reason, message), cancellationToken).ConfigureAwait(false);
            Remember(identity, written);
        }
        catch (Exception error) when (error is ApiException or ApiUnreachableException)
        {
            Forget(identity);
        }
    }

    private async Task<Event?> CountUpAsync(Event earlier, CancellationToken cancellationToken)
    {
        try
        {
            var again = earlier with { Count = (earlier.Count ?? 1) + 1, LastTimestamp = time.Seconds() };
            return await api.UpdateAsync(again, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException lost) when (lost.IsNotFound || lost.IsConflict)
        {
            return null;
        }
    }

    private Event New<T>(T about, string type, string reason, string message) where T : class, IKubernetesObject<T>
    {
        var now = time.Seconds();
        // Cluster-scoped objects' events live in "default", where kubectl describe looks for them.
        var place = about.Metadata.Namespace is { Length: > 0 } own ? own : "default";
        return new Event
        {
            Metadata = new ObjectMeta { Namespace = place, Name = UniqueName(about.Metadata.Name!) },
            InvolvedObject = new ObjectReference
            {
                ApiVersion = T.Resource.ApiVersion,
                Kind = T.Resource.Kind,
                Namespace = about.Metadata.Namespace,
                Name = about.Metadata.Name,
                Uid = about.Metadata.Uid,
                ResourceVersion = about.Metadata.ResourceVersion,
            },
            Type = type,
            Reason = reason,
            Message = message.Length <= 1024 ? message : message[..1024],
            Source = new EventSource { Component = component },
            ReportingComponent = component,
            FirstTimestamp = now,
            LastTimestamp = now,
            Count = 1,
        };
    }

    // client-go names events <object>.<nanoseconds in hex>; the clock's ticks are 100 ns, so a sequence fills the last two digits.
    private string UniqueName(string aboutName)
    {
        var nanoseconds = ((time.GetUtcNow().UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100) + (Interlocked.Increment(ref _sequence) % 100);
        var suffix = $".{nanoseconds:x}";
        return aboutName.Length + suffix.Length > 253 ? aboutName[..(253 - suffix.Length)] + suffix : aboutName + suffix;
    }

    private Event? Remembered(EventIdentity identity)
    {
        lock (_gate)
        {
            return _written.GetValueOrDefault(identity);
        }
    }

    private void Remember(EventIdentity identity, Event written)
    {
        lock (_gate)
        {
            if (_written.Count >= MostRemembered)
            {
                _written.Clear();
            }
            _written[identity] = written;
        }
    }

    private void Forget(EventIdentity identity)
    {
        lock (_gate)
        {
            _written.Remove(identity);
        }
    }

    private readonly record struct EventIdentity(string? Uid, string Type, string Reason, string Message);
}
