using System.Collections.Concurrent;
using CloudPlane.Cri;
using V1 = CloudPlane.Cri.V1;

namespace CloudPlane.Agent;

/// <summary>
/// Remembers which images are present, so that a pod's start need not ask. Somebody else may remove one: a container creation that
/// fails drops its image, and everything is dropped from time to time.
/// </summary>
internal sealed class ImageCache(ICriRuntime runtime)
{
    private readonly ConcurrentDictionary<string, V1.Image> _images = new();

    /// <summary>The image, or null when it is not present.</summary>
    public async Task<V1.Image?> GetAsync(string reference, CancellationToken cancellationToken)
    {
        if (_images.TryGetValue(reference, out var known)) return known;
        var response = await runtime.ImageStatusAsync(new V1.ImageStatusRequest { Image = new V1.ImageSpec { Image = reference } },
            cancellationToken).ConfigureAwait(false);
        if (response.Image is { } image) _images[reference] = image;
        return response.Image;
    }

    public void Forget(string reference) => _images.TryRemove(reference, out _);

    public void Clear() => _images.Clear();
}
