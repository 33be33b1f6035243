using CloudPlane.Client;
using CloudPlane.Cri;
using V1 = CloudPlane.Cri.V1;

namespace CloudPlane.Agent;

/// <summary>Makes and unmakes sandboxes.</summary>
internal sealed class SandboxStarter(ICriRuntime runtime, RuntimeReader reader, SandboxConfigs configs, PodPaths paths)
{
    public V1.PodSandboxConfig Config(Pod pod, int attempt) => configs.Of(pod, attempt);

    /// <exception cref="CriException">It could not be made.</exception>
    public async Task<RuntimeSandbox> RunAsync(Pod pod, int attempt, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(paths.Logs(pod));
        var request = new V1.RunPodSandboxRequest { Config = configs.Of(pod, attempt), RuntimeHandler = pod.Spec?.RuntimeClassName ?? "" };
        var response = await runtime.RunPodSandboxAsync(request, cancellationToken).ConfigureAwait(false);
        return await reader.ReadSandboxAsync(response.PodSandboxId, cancellationToken).ConfigureAwait(false)
            ?? throw new CriException(CriStatusCode.NotFound, $"sandbox {response.PodSandboxId} vanished right after its creation");
    }

    /// <summary>Stops a sandbox: kills what is left in it and gives its network back.</summary>
    public async Task StopAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            await runtime.StopPodSandboxAsync(new V1.StopPodSandboxRequest { PodSandboxId = id }, cancellationToken).ConfigureAwait(false);
        }
        catch (CriException e) when (e.IsNotFound)
        {
        }
    }

    /// <summary>Removes a sandbox with all its containers.</summary>
    public async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            await runtime.RemovePodSandboxAsync(new V1.RemovePodSandboxRequest { PodSandboxId = id }, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (CriException e) when (e.IsNotFound)
        {
        }
    }
}
