using CloudPlane.Cri;
using CloudPlane.Cri.V1;
using CloudPlane.Network;

namespace CloudPlane.Agent;

/// <summary>
/// Takes away what a node's agent made: pods, mounted volumes, network, token. Pods only where containerd is the node's own (its socket
/// lies in the data directory): in another one they may be somebody else's, and a node is drained before it is reset.
/// </summary>
internal static class NodeReset
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task<int> RunAsync(AgentOptions options, AgentLog log)
    {
        var failed = !await RemovePodsAsync(options, log).ConfigureAwait(false);
        Try(() =>
        {
            var pods = new PodPaths(options.DataDirectory, options.PodLogDirectory).PodsRoot;
            new LinuxMounter().UnmountAll(pods);
            if (Directory.Exists(pods)) Directory.Delete(pods, recursive: true);
        });
        Try(() => File.Delete(options.TokenFile));
        try
        {
            await NodeNetwork.Create(options).CleanupAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (NetworkException e)
        {
            log.Warn($"the pod network could not be removed: {e.Message}");
            failed = true;
        }
        return failed ? 1 : 0;

        // Each step on its own: what one leaves must not keep the others from going.
        void Try(Action step)
        {
            try
            {
                step();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                log.Warn(e.Message);
                failed = true;
            }
        }
    }

    // Through the runtime, so that it also gives back addresses and network namespaces, of half-made and half-removed pods, too.
    private static async Task<bool> RemovePodsAsync(AgentOptions options, AgentLog log)
    {
        var own = options.ContainerdSocket.StartsWith(options.DataDirectory + "/", StringComparison.Ordinal);
        if (!own || !File.Exists(options.ContainerdSocket)) return true;
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            using var runtime = new CriRuntime(options.ContainerdSocket, TimeProvider.System, Random.Shared);
            var sandboxes = await runtime.ListPodSandboxAsync(new ListPodSandboxRequest(), deadline.Token).ConfigureAwait(false);
            await Task.WhenAll(sandboxes.Items.Select(async sandbox =>
            {
                await runtime.StopPodSandboxAsync(new StopPodSandboxRequest { PodSandboxId = sandbox.Id }, deadline.Token).ConfigureAwait(false);
                await runtime.RemovePodSandboxAsync(new RemovePodSandboxRequest { PodSandboxId = sandbox.Id }, deadline.Token).ConfigureAwait(false);
            })).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is CriException or OperationCanceledException)
        {
            log.Warn($"not all pods could be removed: {e.Message}");
            return false;
        }
    }
}
