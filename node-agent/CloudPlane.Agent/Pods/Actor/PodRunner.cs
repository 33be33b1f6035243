using CloudPlane.Client;
using CloudPlane.Cri;

namespace CloudPlane.Agent;

/// <summary>Carries out a running pod's plan: sandbox and volumes at the same time, then container after container.</summary>
internal sealed class PodRunner(PodServices services, PodState state, OperationSet operations, PodProbes probes, PodActor actor,
    CancellationToken agentStopping)
{
    private const string SandboxKey = "sandbox";
    private const string PrepareKey = "prepare";
    private const string RefreshKey = "refresh";
    private readonly CancellationTokenSource _stopStarting = CancellationTokenSource.CreateLinkedTokenSource(agentStopping);
    private string? _backOffTold;
    private bool _refreshWanted;

    /// <summary>Where the pod is reached by probes and hooks.</summary>
    public string Address => state.Pod.HostNetwork() ? services.Facts.NodeIp : state.Actual.Sandbox?.Ip ?? services.Facts.NodeIp;

    /// <summary>Starts nothing more; a pull under way ends.</summary>
    public void StopStarting() => _stopStarting.Cancel();

    public void Step(DateTimeOffset now)
    {
        var plan = PodPlanner.Plan(state.Pod, state.Actual, probes);
        if (plan.Finished && !operations.RunningAny("inspect:") && !operations.RunningAny("start:"))
        {
            state.Stop = new PodStop(null, state.Pod.GracePeriodSeconds());
            return;
        }
        Prepare(now);
        if (plan.CreateSandbox) StartSandbox(plan, now);
        foreach (var kill in plan.Kill) Kill(kill);
        StartNext(plan, now);
        Refresh(now);
        CollectSandboxes(now);
    }

    /// <summary>Stops a container that is to be replaced.</summary>
    public void Kill(ContainerKill kill)
    {
        var spec = state.Pod.FindContainer(kill.Container.Name);
        var probe = kill.Reason == KillReason.LivenessProbe ? spec?.LivenessProbe : kill.Reason == KillReason.StartupProbe
            ? spec?.StartupProbe : null;
        var grace = probe?.TerminationGracePeriodSeconds ?? state.Pod.GracePeriodSeconds();
        Stop(kill.Container, kill.Message, grace);
    }

    /// <summary>Stops a container; its end arrives as an event, and is looked up here as well.</summary>
    public void Stop(RuntimeContainer container, string message, long graceSeconds)
    {
        var (pod, address, key) = (state.Pod, Address, $"stop:{container.Id}");
        if (!state.MayRetry(key, services.Time.GetUtcNow())) return;
        operations.Start(key, async () =>
        {
            await services.Stopper.StopAsync(pod, container, message, graceSeconds, address, agentStopping).ConfigureAwait(false);
            return await ReadAsync(container).ConfigureAwait(false);
        }, failed: () => state.RetryAt[key] = services.Time.GetUtcNow() + TimeSpan.FromSeconds(2));
    }

    public async Task<Action> ReadAsync(RuntimeContainer container)
    {
        var now = await services.Reader.ReadContainerAsync(container.Id, container.SandboxId, CancellationToken.None).ConfigureAwait(false);
        return () =>
        {
            if (now is null) state.Actual = state.Actual.WithoutContainer(container.Id);
            else state.Merge(now);
        };
    }

    private void Prepare(DateTimeOffset now)
    {
        if (state.Prepared || !state.MayRetry(PrepareKey, now)) return;
        var pod = state.Pod;
        operations.Start(PrepareKey, async () =>
        {
            var fetching = PrefetchAsync(pod);
            try
            {
                await services.Volumes.SetUpAsync(services.FieldsOf(pod, null), _stopStarting.Token).ConfigureAwait(false);
                await fetching.ConfigureAwait(false);
                return () => { state.Prepared = true; state.Failures.Forget(PrepareKey); };
            }
            catch (VolumeException e)
            {
                await fetching.ConfigureAwait(false);
                services.Events.Pod(pod, null, EventTypes.Warning, "FailedMount", e.Message);
                return () => Backoff(PrepareKey);
            }
        }, failed: () => Backoff(PrepareKey));
    }

    /// <summary>Warms what container creation will ask for. Failures don't matter here: they are met again, and reported, there.</summary>
    private async Task PrefetchAsync(Pod pod)
    {
        var ns = pod.Namespace();
        var reads = EnvironmentBuilder.References(pod).Distinct()
            .Select(r => r.Secret ? services.Objects.SecretAsync(ns, r.Name,
            _stopStarting.Token) : (Task)services.Objects.ConfigMapAsync(ns, r.Name, _stopStarting.Token));
        var images = pod.AllContainers().Where(c => c.ImagePullPolicy != "Always").Select(c => ImageName.Normalize(c.Image ?? ""))
            .OfType<string>().Distinct().Select(i => services.Images.Cache.GetAsync(i, _stopStarting.Token));
        try
        {
            await Task.WhenAll([.. reads, .. images]).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ApiException or ApiUnreachableException or CriException)
        {
        }
    }

    private void StartSandbox(PodPlan plan, DateTimeOffset now)
    {
        if (operations.RunningAny("start:") || operations.Running("read") || !state.MayRetry(SandboxKey, now)) return;
        var pod = state.Pod;
        if (!pod.HostNetwork() && services.Health.NetworkProblem is { } problem)
        {
            services.Events.Pod(pod, null, EventTypes.Warning, "NetworkNotReady",
                $"network is not ready: container runtime network not ready: {problem}");
            state.RetryAt[SandboxKey] = now + TimeSpan.FromSeconds(2);
            return;
        }
        if (plan.DeadSandbox is not null)
            services.Events.Pod(pod, null, EventTypes.Normal, "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
        operations.Start(SandboxKey, () => StartSandboxAsync(pod, plan), failed: () => Backoff(SandboxKey));
    }

    private async Task<Action> StartSandboxAsync(Pod pod, PodPlan plan)
    {
        RuntimePod? before = null;
        try
        {
            if (plan.DeadSandbox is { } dead)
            {
                await services.Sandboxes.StopAsync(dead.Id, agentStopping).ConfigureAwait(false);
                before = await services.Reader.ReadAsync(pod.Uid(), agentStopping).ConfigureAwait(false);
            }
            var sandbox = await services.Sandboxes.RunAsync(pod, plan.Attempt, agentStopping).ConfigureAwait(false);
            services.Index.Add(sandbox.Id, actor);
            return () =>
            {
                if (before is not null) state.Merge(before);
                state.Actual = state.Actual.With(sandbox);
                state.Failures.Forget(SandboxKey);
            };
        }
        catch (CriException e)
        {
            services.Events.Pod(pod, null, EventTypes.Warning, "FailedCreatePodSandBox",
                $"Failed to create pod sandbox: rpc error: code = {e.Code} desc = {e.Message}");
            // The outcome may be unknown: what is there now counts.
            var read = await services.Reader.ReadAsync(pod.Uid(), agentStopping).ConfigureAwait(false);
            return () =>
            {
                state.Merge(read);
                foreach (var sandbox in read.Sandboxes) services.Index.Add(sandbox.Id, actor);
                Backoff(SandboxKey);
            };
        }
    }

    /// <summary>One container starts at a time, as in the kubelet: its postStart hook holds up the next.</summary>
    private void StartNext(PodPlan plan, DateTimeOffset now)
    {
        if (operations.RunningAny("start:") || operations.Running(SandboxKey) || operations.Running("read")) return;
        if (state.Actual.Sandbox is not { Ready: true } sandbox || plan.CreateSandbox || !state.Prepared) return;
        foreach (var container in plan.Start)
        {
            var latest = state.Actual.Latest(container.Name!);
            if (latest is not null && (operations.Running($"stop:{latest.Id}") || operations.Running($"inspect:{latest.Id}"))) continue;
            if (!state.MayRetry($"start:{container.Name}", now) || BackingOff(container, latest, now)) continue;
            Start(container, latest, sandbox);
            return;
        }
    }

    private void Start(Container container, RuntimeContainer? latest, RuntimeSandbox sandbox)
    {
        var name = container.Name!;
        var pod = state.Pod;
        var start = new ContainerStart(pod, container, RestartCount(name, latest), sandbox, services.Sandboxes.Config(pod, sandbox.Attempt),
            services.FieldsOf(pod, sandbox));
        operations.Start($"start:{name}", async () =>
        {
            RuntimeContainer? made = null;
            var failure = await services.Starter.StartAsync(start, c =>
            {
                made = c;
                services.Index.Add(c.Id, actor);
                actor.Post(new PodMessage.Apply(() => Changed(c)));
            }, kill => actor.Post(new PodMessage.Apply(() => Kill(kill))), _stopStarting.Token).ConfigureAwait(false);
            // A container that was made but could not be started has ended; containerd knows with which code.
            var read = failure is not null && made is { Running: false } ? await ReadAsync(made).ConfigureAwait(false) : null;
            return () =>
            {
                read?.Invoke();
                Started(name, failure);
            };
        }, failed: () => state.RetryAt[$"start:{name}"] = services.Time.GetUtcNow() + TimeSpan.FromSeconds(10));
    }

    private void Changed(RuntimeContainer container)
    {
        if (container.Running)
        {
            state.Waiting = state.Waiting.Remove(container.Name);
            state.RetryAt.Remove($"start:{container.Name}");
        }
        // Its end may have been noticed before its start was.
        if (state.Actual.Find(container.Id) is not { Exited: true }) state.Actual = state.Actual.With(container);
    }

    private void Started(string name, StartFailure? failure)
    {
        if (failure is null)
        {
            CollectDead(name);
            return;
        }
        state.Waiting = state.Waiting.SetItem(name, failure.Waiting);
        if (failure.RetryAt is { } at) state.RetryAt[$"start:{name}"] = at;
    }

    /// <summary>Keeps the newest dead instance of a container (for its last state and --previous), removes older ones with their
    /// logs.</summary>
    private void CollectDead(string name)
    {
        foreach (var old in state.Actual.Containers.Where(c => c.Name == name && c.Exited).Skip(1).ToArray())
        {
            operations.Start($"remove:{old.Id}", async () =>
            {
                await services.Runtime.RemoveContainerAsync(new Cri.V1.RemoveContainerRequest { ContainerId = old.Id }, agentStopping)
                    .ConfigureAwait(false);
                if (old.LogPath.Length > 0) File.Delete(old.LogPath);
                services.Index.Remove(old.Id);
                return () => state.Actual = state.Actual.WithoutContainer(old.Id);
            });
        }
    }

    /// <summary>A sandbox that was replaced goes once the last of its containers (kept for --previous) has gone.</summary>
    private void CollectSandboxes(DateTimeOffset now)
    {
        foreach (var old in state.Actual.Sandboxes.Skip(1).Where(s => !s.Ready && state.Actual.Containers.All(c => c.SandboxId != s.Id)))
        {
            var key = $"remove:{old.Id}";
            if (!state.MayRetry(key, now)) continue;
            operations.Start(key, async () =>
            {
                await services.Sandboxes.RemoveAsync(old.Id, agentStopping).ConfigureAwait(false);
                services.Index.Remove(old.Id);
                return () => state.Actual = state.Actual with { Sandboxes = state.Actual.Sandboxes.RemoveAll(s => s.Id == old.Id) };
            }, failed: () => state.RetryAt[key] = services.Time.GetUtcNow() + TimeSpan.FromSeconds(30));
        }
    }

    private int RestartCount(string name, RuntimeContainer? latest)
    {
        if (latest is not null) return latest.RestartCount + 1;
        var before = (state.Pod.Status?.ContainerStatuses ?? []).Concat(state.Pod.Status?.InitContainerStatuses ?? [])
            .FirstOrDefault(s => s.Name == name);
        return before is { ContainerID.Length: > 0 } ? (before.RestartCount ?? 0) + 1 : 0;
    }

    private bool BackingOff(Container container, RuntimeContainer? latest, DateTimeOffset now)
    {
        if (latest is not { Exited: true }) return false;
        var key = $"{container.Name}:{ContainerHash.Of(container)}";
        if (state.Crashes.Waiting(key, latest.FinishedAt, now) is not { } waiting)
        {
            state.Crashes.Next(key, latest.FinishedAt, now);
            return false;
        }
        var message =
            $"back-off {GoDuration.Format(waiting.Delay)} restarting failed container={container.Name} pod={state.Pod.FullName()}";
        state.Waiting = state.Waiting.SetItem(container.Name!, new WaitingReason("CrashLoopBackOff", message));
        state.RetryAt[$"start:{container.Name}"] = waiting.Until;
        if (_backOffTold != latest.Id)
            services.Events.Pod(state.Pod, container, EventTypes.Warning, "BackOff",
                $"Back-off restarting failed container {container.Name} in pod {state.Pod.FullName()}");
        _backOffTold = latest.Id;
        return true;
    }

    /// <summary>
    /// Brings the volumes up to date. Those that are being made may have been read too early, and follow once they are made; those that are not
    /// begun yet will be made of what is true then.
    /// </summary>
    public void RefreshVolumes() => _refreshWanted |= state.Prepared || operations.Running(PrepareKey);

    /// <summary>Config maps, secrets and the pod's own fields may change under its volumes.</summary>
    private void Refresh(DateTimeOffset now)
    {
        if (!state.Prepared || !PodVolumes.NeedsRefresh(state.Pod)) return;
        if (state.RetryAt.TryGetValue(RefreshKey, out var due) && due <= now)
        {
            _refreshWanted = true;
            state.RetryAt.Remove(RefreshKey);
        }
        if (services.Options.VolumeRefreshPeriod is var period && period != Timeout.InfiniteTimeSpan)
            state.RetryAt.TryAdd(RefreshKey, now + period);
        // What is wanted during a refresh may have changed too late for it: another one follows.
        if (!_refreshWanted || operations.Running(RefreshKey)) return;
        _refreshWanted = false;
        var pod = state.Pod;
        operations.Start(RefreshKey, async () =>
        {
            try
            {
                await services.Volumes.SetUpAsync(services.FieldsOf(pod, null), _stopStarting.Token).ConfigureAwait(false);
            }
            catch (VolumeException e)
            {
                services.Events.Pod(pod, null, EventTypes.Warning, "FailedMount", e.Message);
                return RefreshFailed;
            }
            return () =>
            {
                state.Refreshes.Forget(RefreshKey);
                state.RetryAt.Remove(RefreshKey);
            };
        }, failed: RefreshFailed);
    }

    /// <summary>It is tried again, unless it would be by the clock before.</summary>
    private void RefreshFailed()
    {
        var byClock = state.RetryAt.TryGetValue(RefreshKey, out var due);
        Backoff(RefreshKey, state.Refreshes);
        if (byClock && due < state.RetryAt[RefreshKey]) state.RetryAt[RefreshKey] = due;
    }

    private void Backoff(string key) => Backoff(key, state.Failures);

    private void Backoff(string key, CrashBackoff failures)
    {
        var now = services.Time.GetUtcNow();
        failures.Next(key, now, now);
        state.RetryAt[key] = failures.Waiting(key, now, now)?.Until ?? now;
    }
}
