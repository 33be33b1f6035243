using System.Globalization;
using CloudPlane.Client;
using CloudPlane.Cri;
using V1 = CloudPlane.Cri.V1;

namespace CloudPlane.Agent;

/// <summary>An image that is on the node, as the runtime knows it.</summary>
internal sealed record PresentImage(string Reference, V1.Image? Image);

/// <summary>The image is not there; the container waits with this reason and message.</summary>
internal sealed class ImageException(string reason, string message, DateTimeOffset? retryAt = null) : Exception(message)
{
    /// <summary>ErrImagePull, ImagePullBackOff, ErrImageNeverPull or InvalidImageName.</summary>
    public string Reason { get; } = reason;

    /// <summary>Before then another try is pointless.</summary>
    public DateTimeOffset? RetryAt { get; } = retryAt;
}

/// <summary>Sees to it that a container's image is on the node, by its pull policy and with back-off per pod and image.</summary>
internal sealed class ImagePuller(ICriRuntime runtime, IObjectSource objects, NodeEvents events, TimeProvider time)
{
    private readonly ImageCache _cache = new(runtime);
    private readonly CrashBackoff _backoff = new(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(5));
    private readonly Dictionary<string, (DateTimeOffset At, string Message)> _failures = [];

    public ImageCache Cache => _cache;

    /// <exception cref="ImageException">It can't be had now.</exception>
    public async Task<PresentImage> EnsureAsync(Pod pod, Container container, V1.PodSandboxConfig? sandbox,
        CancellationToken cancellationToken)
    {
        var name = container.Image ?? "";
        if (ImageName.Normalize(name) is not { } reference)
        {
            var invalid = $"Failed to apply default image tag \"{name}\": couldn't parse image name \"{name}\": invalid reference format";
            events.Pod(pod, container, EventTypes.Warning, "InspectFailed", invalid);
            throw new ImageException("InvalidImageName", invalid);
        }
        var policy = container.ImagePullPolicy ?? (reference.EndsWith(":latest", StringComparison.Ordinal) ? "Always" : "IfNotPresent");
        var present = policy == "Always" ? null : await _cache.GetAsync(reference, cancellationToken).ConfigureAwait(false);
        if (present is not null)
        {
            events.Pod(pod, container, EventTypes.Normal, "Pulled", $"Container image \"{name}\" already present on machine");
            return new PresentImage(present.Id, present);
        }
        if (policy == "Never")
        {
            var message = $"Container image \"{name}\" is not present with pull policy of Never";
            events.Pod(pod, container, EventTypes.Warning, "ErrImageNeverPull", message);
            throw new ImageException("ErrImageNeverPull", message);
        }
        return await PullAsync(pod, container, reference, sandbox, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Drops what was noted for a pod that is gone.</summary>
    public void Forget(string podUid)
    {
        lock (_failures)
        {
            foreach (var key in _failures.Keys.Where(k => k.StartsWith(podUid, StringComparison.Ordinal)).ToArray())
            {
                _failures.Remove(key);
                _backoff.Forget(key);
            }
        }
    }

    private async Task<PresentImage> PullAsync(Pod pod, Container container, string reference, V1.PodSandboxConfig? sandbox,
        CancellationToken cancellationToken)
    {
        var name = container.Image!;
        var key = $"{pod.Uid()}/{reference}";
        ThrowIfBackingOff(pod, container, key);
        events.Pod(pod, container, EventTypes.Normal, "Pulling", $"Pulling image \"{name}\"");
        var began = time.GetTimestamp();
        try
        {
            await PullWithSecretsAsync(pod, reference, sandbox, cancellationToken).ConfigureAwait(false);
            _cache.Forget(reference);
            var image = await _cache.GetAsync(reference, cancellationToken).ConfigureAwait(false);
            var took = GoDuration.Format(TimeSpan.FromMilliseconds(Math.Round(time.GetElapsedTime(began).TotalMilliseconds)));
            events.Pod(pod, container, EventTypes.Normal, "Pulled",
                $"Successfully pulled image \"{name}\" in {took} ({took} including waiting). Image size: {(image?.Size ?? 0).ToString(CultureInfo.InvariantCulture)} bytes.");
            lock (_failures) _failures.Remove(key);
            return new PresentImage(image?.Id ?? reference, image);
        }
        catch (CriException e)
        {
            // As gRPC prints it: the kubelet passes a pull's error on unchanged.
            throw Failed(pod, container, key, $"rpc error: code = {e.Code} desc = {e.Message}");
        }
    }

    private ImageException Failed(Pod pod, Container container, string key, string message)
    {
        var now = time.GetUtcNow();
        lock (_failures)
        {
            _backoff.Next(key, now, now);
            _failures[key] = (now, message);
        }
        events.Pod(pod, container, EventTypes.Warning, "Failed", $"Failed to pull image \"{container.Image}\": {message}");
        // Looks again soon only to say that it is backing off now.
        return new ImageException("ErrImagePull", message, now + TimeSpan.FromSeconds(3));
    }

    private void ThrowIfBackingOff(Pod pod, Container container, string key)
    {
        lock (_failures)
        {
            if (!_failures.TryGetValue(key, out var failure) ||
                _backoff.Waiting(key, failure.At, time.GetUtcNow()) is not { } waiting) return;
            var message = $"Back-off pulling image \"{container.Image}\"";
            events.Pod(pod, container, EventTypes.Normal, "BackOff", message);
            throw new ImageException("ImagePullBackOff", $"{message}: ErrImagePull: {failure.Message}", waiting.Until);
        }
    }

    private async Task PullWithSecretsAsync(Pod pod, string reference, V1.PodSandboxConfig? sandbox, CancellationToken cancellationToken)
    {
        var request = new V1.PullImageRequest { Image = new V1.ImageSpec { Image = reference }, SandboxConfig = sandbox };
        var (credentials, absent) = await PullSecrets.ForAsync(pod, reference, objects, cancellationToken).ConfigureAwait(false);
        if (absent.Count > 0)
            events.Pod(pod, null, EventTypes.Warning, "FailedToRetrieveImagePullSecret", $"Unable to retrieve some image pull secrets ({string.Join(", ", absent)}); attempting to pull the image may not succeed.");
        if (credentials.Count == 0)
        {
            await runtime.PullImageAsync(request, cancellationToken).ConfigureAwait(false);
            return;
        }
        for (var i = 0; ; i++)
        {
            request.Auth = credentials[i];
            try
            {
                await runtime.PullImageAsync(request, cancellationToken).ConfigureAwait(false);
                return;
            }
            // The next secret may fit where this one does not; the last one's answer counts.
            catch (CriException) when (i + 1 < credentials.Count)
            {
            }
        }
    }
}
