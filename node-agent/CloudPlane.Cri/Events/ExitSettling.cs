using CloudPlane.Cri.V1;

namespace CloudPlane.Cri;

/// <summary>
/// Holds the news of an exit back until the runtime's own status says so. containerd tells its event's subscribers and its CRI plugin
/// at the same time; whoever asks for the status at once is told that the container still runs, and no later event would correct it.
/// </summary>
internal sealed class ExitSettling(CriChannel channel, TimeProvider time)
{
    // Usually 1 to 5 ms. A runtime that takes longer is overloaded; then the news is passed on as it is.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan CallDeadline = TimeSpan.FromSeconds(10);

    /// <summary>Returns when the container or sandbox is not running any more, by the runtime's status.</summary>
    public async Task WaitAsync(string id, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        try
        {
            for (var wait = FirstWait; await IsRunningAsync(id, cancellationToken).ConfigureAwait(false); wait *= 2)
            {
                if (time.GetElapsedTime(start) + wait > Longest)
                    return;
                await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (CriException)
        {
            // It can't be asked: whoever hears of the exit will meet the same.
        }
    }

    private async Task<bool> IsRunningAsync(string id, CancellationToken cancellationToken)
    {
        var containers = await channel.CallAsync(
            CriMethods.ListContainers, new ListContainersRequest { Filter = new ContainerFilter { Id = id } }, CallDeadline, cancellationToken).ConfigureAwait(false);
        if (containers.Containers is [var container, ..])
            return container.State == ContainerState.ContainerRunning;
        var sandboxes = await channel.CallAsync(
            CriMethods.ListPodSandbox, new ListPodSandboxRequest { Filter = new PodSandboxFilter { Id = id } }, CallDeadline, cancellationToken).ConfigureAwait(false);
        return sandboxes.Items is [{ State: PodSandboxState.SandboxReady }, ..];
    }
}
