using System.Collections.Concurrent;
using CloudPlane.Client;
using CloudPlane.Cri;

namespace CloudPlane.Agent;

/// <summary>
/// The node's pods: an actor for each. Takes what the API and the runtime say to the actor that it concerns, adopts what runs when the
/// agent starts, and ends what belongs to no pod any more.
/// </summary>
internal sealed class PodManager(PodServices services, IObjectCache<Pod> pods, PodAdmission admission)
{
    private static readonly TimeSpan RelistPeriod = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ActorRestartDelay = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan[] AfterResync = [TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4)];
    private readonly SemaphoreSlim _resynced = new(0, 1);
    private readonly ConcurrentDictionary<string, PodActor> _actors = new();
    private readonly ConcurrentDictionary<string, Task> _running = new();
    private Dictionary<string, FoundPod> _found = [];

    public IEnumerable<PodActor> Actors => _actors.Values;

    /// <summary>Looks at every pod again: something outside of them changed.</summary>
    public void WakeAll()
    {
        foreach (var actor in _actors.Values) actor.Post(new PodMessage.Wake());
    }

    /// <summary>Brings every pod's volumes up to date: what they show may have changed.</summary>
    public void RefreshVolumes()
    {
        services.Objects.Forget();
        foreach (var actor in _actors.Values) actor.Post(new PodMessage.RefreshVolumes());
    }

    /// <summary>Runs until cancelled; what runs in containerd then goes on.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _found = await AdoptAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await Task.WhenAll(WatchApiAsync(cancellationToken), WatchRuntimeAsync(cancellationToken), RelistAsync(cancellationToken))
                .ConfigureAwait(false);
        }
        finally
        {
            await Task.WhenAll(_running.Values).ConfigureAwait(false);
        }
    }

    /// <summary>What containerd has already; waits for containerd, without which nothing can be decided.</summary>
    private async Task<Dictionary<string, FoundPod>> AdoptAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var found = await services.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false);
                await services.Health.CheckAsync(cancellationToken).ConfigureAwait(false);
                services.Log.Debug($"containerd has {found.Count} pods of this node");
                return found.ToDictionary(f => f.Uid);
            }
            catch (CriException e)
            {
                services.Log.Warn($"containerd can't be asked for its pods: {e.Message}");
                await Task.Delay(RetryDelay, services.Time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task WatchApiAsync(CancellationToken cancellationToken)
    {
        await foreach (var change in pods.RunAsync(cancellationToken).ConfigureAwait(false))
        {
            switch (change)
            {
                case { Kind: CacheChangeKind.Added or CacheChangeKind.Updated, After: { } pod }:
                    // The same name with another uid is another pod; the one before was deleted unseen.
                    if (change.Before is { } other && other.Uid() != pod.Uid()) Removed(other);
                    Seen(pod, cancellationToken);
                    break;
                case { Kind: CacheChangeKind.Deleted, Before: { } gone }:
                    Removed(gone);
                    break;
                case { Kind: CacheChangeKind.Synced }:
                    EndOrphans(cancellationToken);
                    break;
            }
        }
    }

    private void Seen(Pod pod, CancellationToken cancellationToken)
    {
        if (_actors.TryGetValue(pod.Uid(), out var actor))
        {
            actor.Post(new PodMessage.Updated(pod));
            return;
        }
        _found.Remove(pod.Uid(), out var found);
        actor = Add(pod, found?.Runtime ?? RuntimePod.Empty, cancellationToken);
        // What runs, or ran before the agent did, was admitted then.
        if (found is null && !pod.Terminal() && !pod.Deleting() && pod.Status?.StartTime is null &&
            admission.Refusal(pod, _actors.Values.Where(a => a != actor && !a.Ended && IsKnown(a.Pod)).Select(a => a.Pod)) is { } refusal)
            actor.Post(new PodMessage.Rejected(refusal));
        // What was found may have ended since, before its events could be heard: looks once more, now that they are.
        if (found is not null) actor.Post(new PodMessage.Listed(null));
        Run(actor, cancellationToken);
    }

    // A pod that was deleted by force gives its room back at once, though its containers take a moment to end: the scheduler counts so,
    // too.
    private bool IsKnown(Pod pod) => pods.Objects.TryGetValue(ObjectName.Of(pod.Metadata), out var known) && known.Uid() == pod.Uid();

    private void Removed(Pod last)
    {
        if (_actors.TryGetValue(last.Uid(), out var actor)) actor.Post(new PodMessage.Removed(last));
    }

    /// <summary>Ends what containerd has but the API has not. Only after a complete list: a node that can't ask must not stop
    /// anything.</summary>
    private void EndOrphans(CancellationToken cancellationToken)
    {
        foreach (var found in _found.Values)
        {
            services.Log.Info($"pod {found.Namespace}/{found.Name} ({found.Uid}) no longer exists: stopping it");
            var pod = new Pod
            {
                Metadata = new ObjectMeta { Name = found.Name, Namespace = found.Namespace, Uid = found.Uid },
                Spec = new PodSpec { TerminationGracePeriodSeconds = found.GracePeriodSeconds },
            };
            var actor = Add(pod, found.Runtime, cancellationToken);
            actor.Post(new PodMessage.Removed(pod));
            Run(actor, cancellationToken);
        }
        _found = [];
        RemoveOldDirectories();
    }

    /// <summary>What an agent that was killed left on disk of pods that are gone.</summary>
    private void RemoveOldDirectories()
    {
        if (!Directory.Exists(services.Paths.PodsRoot)) return;
        foreach (var directory in Directory.GetDirectories(services.Paths.PodsRoot))
        {
            var uid = Path.GetFileName(directory);
            if (_actors.ContainsKey(uid)) continue;
            try
            {
                services.Volumes.Remove(uid);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                services.Log.Warn($"{directory} could not be removed: {e.Message}");
            }
        }
    }

    private PodActor Add(Pod pod, RuntimePod runtime, CancellationToken cancellationToken) =>
        _actors[pod.Uid()] = new PodActor(services, pod, runtime, cancellationToken);

    private void Run(PodActor actor, CancellationToken cancellationToken) => _running[actor.Uid] = RunActorAsync(actor, cancellationToken);

    private async Task RunActorAsync(PodActor actor, CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            while (await FailedAsync(actor, cancellationToken).ConfigureAwait(false))
                actor = await ReplaceAsync(actor, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        _actors.TryRemove(KeyValuePair.Create(actor.Uid, actor));
        _running.TryRemove(actor.Uid, out _);
    }

    /// <summary>Runs an actor to its end. One pod's fault must not take the others with it.</summary>
    private async Task<bool> FailedAsync(PodActor actor, CancellationToken cancellationToken)
    {
        try
        {
            await actor.RunAsync(cancellationToken).ConfigureAwait(false);
            return false;
        }
        catch (Exception e)
        {
            services.Log.Warn($"pod {actor.Pod.FullName()}: its actor failed: {e}");
            return true;
        }
    }

    /// <summary>Begins again with what containerd has, as after a restart of the agent.</summary>
    private async Task<PodActor> ReplaceAsync(PodActor failed, CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(ActorRestartDelay, services.Time, cancellationToken).ConfigureAwait(false);
            try
            {
                var runtime = await services.Reader.ReadAsync(failed.Uid, cancellationToken).ConfigureAwait(false);
                var actor = Add(failed.Pod, runtime, cancellationToken);
                // What the API said meanwhile went into the mailbox of the one before.
                var known = pods.Objects.TryGetValue(ObjectName.Of(failed.Pod.Metadata), out var now) && now.Uid() == failed.Uid;
                actor.Post(known && !failed.Removed ? new PodMessage.Updated(now!) : new PodMessage.Removed(failed.Pod));
                return actor;
            }
            catch (CriException e)
            {
                services.Log.Debug($"pod {failed.Pod.FullName()} can't be read: {e.Message}");
            }
        }
    }

    private void Resynced()
    {
        lock (_resynced)
            if (_resynced.CurrentCount == 0) _resynced.Release();
    }

    private async Task WatchRuntimeAsync(CancellationToken cancellationToken)
    {
        await foreach (var happened in services.Runtime.WatchEventsAsync(cancellationToken).ConfigureAwait(false))
        {
            services.Log.Debug($"containerd: {happened.Kind} {happened.ContainerId}");
            switch (happened.Kind)
            {
                case RuntimeEventKind.Resync:
                    services.Health.CheckNow();
                    Resynced();
                    foreach (var actor in _actors.Values) actor.Post(new PodMessage.Listed(null));
                    break;
                case RuntimeEventKind.Exited:
                    services.Index.OwnerOf(happened.ContainerId)?.Post(new PodMessage.Exited(happened.ContainerId,
                        happened.ExitCode is { } code ? new ContainerEnd(code, happened.At) : null));
                    break;
                case RuntimeEventKind.OutOfMemory:
                    services.Index.OwnerOf(happened.ContainerId)?.Post(new PodMessage.OutOfMemory(happened.ContainerId));
                    break;
            }
        }
    }

    /// <summary>
    /// In case an event was lost, or somebody else did something with containerd. Soon after a resync as well: an exit that was told just
    /// before we could hear it may not be in the runtime's own status yet when that is read, and is never told again.
    /// </summary>
    private async Task RelistAsync(CancellationToken cancellationToken)
    {
        var afterResync = AfterResync.Length;
        while (true)
        {
            var period = afterResync < AfterResync.Length ? AfterResync[afterResync++] : RelistPeriod;
            using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var resynced = _resynced.WaitAsync(wait.Token);
            await Task.WhenAny(Task.Delay(period, services.Time, wait.Token), resynced).ConfigureAwait(false);
            if (resynced.IsCompletedSuccessfully) afterResync = 0;
            await wait.CancelAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (period == RelistPeriod) services.Images.Cache.Clear();
            await RelistOnceAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RelistOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            var digests = await services.Reader.DigestAsync(cancellationToken).ConfigureAwait(false);
            foreach (var actor in _actors.Values)
                actor.Post(new PodMessage.Listed(digests.GetValueOrDefault(actor.Uid) ?? PodDigest.Empty));
        }
        catch (CriException)
        {
            // containerd is down; the node's condition says so, and a resync follows when it is back.
        }
    }
}
