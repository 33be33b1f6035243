using System.Collections.Concurrent;
using CloudPlane.Client;

namespace CloudPlane.Agent;

/// <summary>Config maps and secrets for the node's pods; null when there is none.</summary>
internal interface IObjectSource
{
    Task<ConfigMap?> ConfigMapAsync(string ns, string name, CancellationToken cancellationToken);
    Task<Secret?> SecretAsync(string ns, string name, CancellationToken cancellationToken);

    /// <summary>What is asked for from now on is read anew: it may have changed.</summary>
    void Forget();
}

/// <summary>
/// Reads them from the API, one request at a time per object however many pods want it, and keeps an answer for a moment:
/// what is fetched while a sandbox is being made is used by its containers. An absent object is never remembered.
/// </summary>
internal sealed class ObjectSource(ApiClient api, TimeProvider time) : IObjectSource
{
    /// <summary>How old an answer may be.</summary>
    private static readonly TimeSpan MaximumAge = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<string, Entry> _entries = new();

    public Task<ConfigMap?> ConfigMapAsync(string ns, string name, CancellationToken cancellationToken) =>
        GetAsync<ConfigMap>(ns, name, cancellationToken);

    public Task<Secret?> SecretAsync(string ns, string name, CancellationToken cancellationToken) =>
        GetAsync<Secret>(ns, name, cancellationToken);

    public void Forget() => _entries.Clear();

    private async Task<T?> GetAsync<T>(string ns, string name, CancellationToken cancellationToken) where T : class, IKubernetesObject<T>
    {
        var key = $"{T.Resource.Plural}/{ns}/{name}";
        var now = time.GetUtcNow();
        if (!_entries.TryGetValue(key, out var entry) || now - entry.At > MaximumAge)
        {
            Drop(now);
            // The shared request outlives the caller that began it: another may wait for it too.
            entry = _entries[key] = new Entry(now, api.GetAsync<T>(ns, name, CancellationToken.None));
        }
        try
        {
            var value = await ((Task<T?>)entry.Request).WaitAsync(cancellationToken).ConfigureAwait(false);
            if (value is null) _entries.TryRemove(KeyValuePair.Create(key, entry));
            return value;
        }
        catch (Exception) when (entry.Request.IsFaulted)
        {
            _entries.TryRemove(KeyValuePair.Create(key, entry));
            throw;
        }
    }

    private void Drop(DateTimeOffset now)
    {
        foreach (var pair in _entries)
            if (now - pair.Value.At > MaximumAge) _entries.TryRemove(pair);
    }

    private sealed record Entry(DateTimeOffset At, Task Request);
}
