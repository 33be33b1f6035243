using CloudPlane.Network;

namespace CloudPlane.Agent;

/// <summary>
/// Takes away what a node's agent made: mounted volumes, network, token. Its containers are containerd's; a node is drained before it is
/// reset, or its containerd goes with it.
/// </summary>
internal static class NodeReset
{
    public static async Task<int> RunAsync(AgentOptions options, AgentLog log)
    {
        var failed = false;
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
}
