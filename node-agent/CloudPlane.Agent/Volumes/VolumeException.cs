namespace CloudPlane.Agent;

/// <summary>A volume can't be set up: the pod waits, and its FailedMount event has this message.</summary>
internal sealed class VolumeException(string volume, string message)
    : Exception($"MountVolume.SetUp failed for volume \"{volume}\" : {message}");
